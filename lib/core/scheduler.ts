/**
 * Which message of one sender goes next (contract 5).
 *
 * Strict priority: whenever a slot is given away, everything that was offered before the slot came free has been
 * through its decision, and the best of what waits goes. At the start of a session nothing goes until the messages
 * offered so far are decided and `collectMs` has passed since the last offer (longer for a backlog), 2 s at most. Where
 * decisions are slow, one that takes longer than that holds nothing back: a script that hangs must not stop what is decided.
 *
 * A place never times out. Every offer must end in `take` or `drop`. Taking and starting a message is O(log n), the rest
 * O(1).
 */
import type { Clock } from './clock.js'
import { PriorityQueue } from './priority-queue.js'
import { byRank, type Order, type Rank } from './rank.js'

/** Longest time that the start of a session waits for further offers, and any turn for a decision, ms (contract 5). */
export const LONGEST_COLLECT_MS = 2_000

/**
 * How long a session that begins with a backlog waits after the last offer, ms. While outbound is disabled, Haraka looks
 * once a second for each item by itself: after that the offers of one batch come spread over a second.
 */
export const BACKLOG_QUIET_MS = 1_050

export interface SchedulerOptions<T> {
  readonly clock: Clock
  /** Deliveries at one time; read anew at each turn, so that a reload takes effect. */
  slots(): number
  collectMs(): number
  order(): Order
  /** Decisions do not keep up with the offers. */
  slow(): boolean
  /** Called when it is the item's turn: it holds a slot until `release`. */
  start(item: T): void
}

/** The place of one offer, from before its decision until it is taken or dropped. */
export interface Offer<T> {
  /** The item waits for its turn. */
  take(item: T, rank: Rank): void
  /** The item is not for this sender, this time. */
  drop(): void
}

interface Waiting<T> extends Rank {
  readonly item: T
  readonly sequence: number
}

export class Scheduler<T> {
  readonly #options: SchedulerOptions<T>
  #queue: PriorityQueue<Waiting<T>>
  #order: Order
  /** The offers that are not decided yet: sequence number and when it was made. */
  readonly #undecided = new Map<number, number>()
  #lastOffer = 0
  /**
   * No offer below this one is waited for. (The first element of the Map would say it too, but finding it costs more
   * with each element deleted before it.)
   */
  #decidedBelow = 1
  #cancelLook: (() => void) | undefined
  #lastOfferMs = 0
  #lastBacklogMs = -Infinity
  /** Offers up to this one must be decided before anything starts. */
  #barrier = 0
  #running = 0
  #closed = false
  #collecting: { readonly untilMs: number; cancel: () => void } | undefined

  constructor(options: SchedulerOptions<T>) {
    this.#options = options
    this.#order = options.order()
    this.#queue = newQueue(this.#order)
  }

  /** Messages that wait for their turn. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Messages that hold a slot. */
  get running(): number {
    return this.#running
  }

  /** A session begins: hold everything back until the offers of its first moments are in. */
  collect(): void {
    this.#collecting?.cancel()
    const now = this.#options.clock.monotonicMs()
    this.#collecting = { untilMs: now + LONGEST_COLLECT_MS, cancel: () => undefined }
    this.#lastOfferMs = now
    this.#awaitCollected()
  }

  /** `backlog`: the item was held back before its first offer, and others probably with it. */
  offer(backlog = false): Offer<T> {
    const sequence = ++this.#lastOffer
    this.#lastOfferMs = this.#options.clock.monotonicMs()
    if (backlog) this.#lastBacklogMs = this.#lastOfferMs
    this.#undecided.set(sequence, this.#lastOfferMs)
    const decided = () => {
      if (!this.#undecided.delete(sequence)) throw new Error('an offer is decided once')
    }
    return {
      take: (item, rank) => {
        decided()
        this.#reorder()
        this.#queue.push({ ...rank, item, sequence })
        this.#turn()
      },
      drop: () => {
        decided()
        this.#turn()
      },
    }
  }

  /** A started item has ended: its slot is free. */
  release(): void {
    this.#running--
    this.#barrier = this.#lastOffer
    this.#turn()
  }

  /** Looks again, after the settings changed. */
  refresh(): void {
    this.#turn()
  }

  /** Takes everything that waits out of the queue, best first. */
  drain(): T[] {
    const items: T[] = []
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) items.push(next.item)
    return items
  }

  /** Nothing starts any more. */
  close(): void {
    this.#closed = true
    this.#collecting?.cancel()
    this.#cancelLook?.()
  }

  #awaitCollected(): void {
    const collecting = this.#collecting
    if (!collecting) return
    const now = this.#options.clock.monotonicMs()
    const hasBacklog = now - this.#lastBacklogMs < LONGEST_COLLECT_MS
    const quietMs = Math.max(this.#options.collectMs(), hasBacklog ? BACKLOG_QUIET_MS : 0)
    const dueMs = Math.min(this.#lastOfferMs + quietMs, collecting.untilMs)
    if (dueMs > now) {
      collecting.cancel = this.#options.clock.after(dueMs - now, () => this.#awaitCollected())
      return
    }
    this.#collecting = undefined
    this.#barrier = this.#lastOffer
    this.#turn()
  }

  #turn(): void {
    if (this.#closed || this.#collecting) return
    if (!this.#isDecided(this.#barrier)) return
    while (this.#running < this.#options.slots()) {
      const next = this.#queue.pop()
      if (!next) return
      this.#running++
      this.#options.start(next.item)
    }
  }

  /** Every offer up to that one is decided, or has been waited for long enough. */
  #isDecided(upTo: number): boolean {
    for (; this.#decidedBelow <= this.#lastOffer; this.#decidedBelow++) {
      const offeredMs = this.#undecided.get(this.#decidedBelow)
      if (offeredMs === undefined) continue
      if (this.#decidedBelow > upTo) return true
      const left = offeredMs + LONGEST_COLLECT_MS - this.#options.clock.monotonicMs()
      if (left <= 0 && this.#options.slow()) continue
      if (left > 0) {
        this.#cancelLook ??= this.#options.clock.after(left, () => {
          this.#cancelLook = undefined
          this.#turn()
        })
      }
      return false
    }
    return true
  }

  /** A changed `order` setting sorts what waits anew: O(n log n), once. */
  #reorder(): void {
    const order = this.#options.order()
    if (order === this.#order) return
    this.#order = order
    const old = this.#queue
    this.#queue = newQueue(order)
    for (let next = old.pop(); next; next = old.pop()) this.#queue.push(next)
  }
}

function newQueue<T>(order: Order): PriorityQueue<Waiting<T>> {
  const compare = byRank(order)
  return new PriorityQueue<Waiting<T>>((a, b) => (compare(a, b) || a.sequence - b.sequence) < 0)
}
