/**
 * A sender's connections: those that rest between two messages, and how many there are in all.
 *
 * A connection is used again while the settings and the script are those that it was opened with. The one that was used
 * last is taken first, so that those that are not needed come to their idle_timeout.
 */
import type { Clock } from '../core/clock.js'
import type { QuitReason, RelayLink } from './relay-link.js'

export interface RelayLinksOptions {
  readonly clock: Clock
  idleTimeoutMs(): number
}

/** The relay server, too, must have seen the end of a connection before another one takes its place, ms. */
const SEEN_MS = 5

interface Resting {
  readonly link: RelayLink
  readonly cancelTimeout: () => void
}

export class RelayLinks {
  readonly #options: RelayLinksOptions
  /** By key, the one used last at the end. */
  readonly #resting = new Map<string, Resting[]>()
  readonly #open = new Set<RelayLink>()
  #opening = 0
  /** Called once each, when something has changed. */
  #waiting: (() => void)[] = []
  #generation = 0
  #closed = false

  constructor(options: RelayLinksOptions) {
    this.#options = options
  }

  /** Connections that are not closed yet, those being opened included. */
  get open(): number {
    return this.#open.size + this.#opening
  }

  /** Connections that the relay server has greeted. */
  get answering(): number {
    return [...this.#open].filter((link) => link.answering).length
  }

  /** Goes up with every change that ends the use of older connections. */
  get generation(): number {
    return this.#generation
  }

  has(key: string): boolean {
    return this.#resting.has(key)
  }

  /**
   * A resting connection of this key that takes a message of so many recipients; or undefined, when there is none and one
   * may be opened, for which a place is kept until `add` or `notOpened`. Waits while `most` are open, and ends resting
   * ones for that. Without a key it is a new one.
   */
  acquire(
    key: string | undefined,
    recipients: number,
    most: number,
    callback: (link: RelayLink | undefined) => void,
  ): void {
    const link = key === undefined ? undefined : this.#take(key, recipients)
    if (link ?? this.open < most) {
      if (!link) this.#opening++
      callback(link)
      return
    }
    const [other, oldest] = this.#resting.entries().next().value ?? []
    if (other !== undefined && oldest) this.#drop(other, oldest, 0)?.quit('room')
    this.#waiting.push(() => this.acquire(key, recipients, most, callback))
  }

  /** A connection was opened. */
  add(link: RelayLink): void {
    this.#opening--
    this.#open.add(link)
    void link.closed.then(() => {
      this.#options.clock.after(SEEN_MS, () => {
        this.#open.delete(link)
        this.#changed()
      })
    })
  }

  /** It could not be opened. */
  notOpened(): void {
    this.#opening--
    this.#changed()
  }

  #take(key: string, recipients: number): RelayLink | undefined {
    const resting = this.#resting.get(key)
    while (resting?.length) {
      const link = this.#drop(key, resting, resting.length - 1)
      if (link?.usable && link.room(recipients) > 0) return link
      link?.quit('limit')
    }
    return undefined
  }

  /** Why it may not be kept for a further message; undefined: it may. */
  refusal(link: RelayLink): QuitReason | undefined {
    if (this.#closed) return 'shutdown'
    if (link.generation !== this.#generation) return 'changed'
    return this.#options.idleTimeoutMs() > 0 ? undefined : 'idle'
  }

  /** Its delivery has done with it. */
  rest(link: RelayLink): void {
    const refusal = this.refusal(link)
    if (refusal) {
      link.quit(refusal)
      return
    }
    const cancelTimeout = this.#options.clock.after(this.#options.idleTimeoutMs(), () => this.#expire(link))
    const resting = this.#resting.get(link.key)
    if (resting) resting.push({ link, cancelTimeout })
    else this.#resting.set(link.key, [{ link, cancelTimeout }])
    this.#changed()
  }

  /** Settings or script changed: none of those that there are is used again. */
  retire(why: 'changed' | 'shutdown' = 'changed'): void {
    this.#generation++
    const all = [...this.#resting.values()].flat()
    this.#resting.clear()
    for (const { link, cancelTimeout } of all) {
      cancelTimeout()
      link.quit(why)
    }
  }

  /** Haraka shuts down. */
  close(): void {
    this.#closed = true
    this.retire('shutdown')
  }

  #expire(link: RelayLink): void {
    const resting = this.#resting.get(link.key) ?? []
    this.#drop(
      link.key,
      resting,
      resting.findIndex((one) => one.link === link),
    )?.quit('idle')
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const look of waiting) look()
  }

  #drop(key: string, resting: Resting[], at: number): RelayLink | undefined {
    const [dropped] = at < 0 ? [] : resting.splice(at, 1)
    if (resting.length === 0) this.#resting.delete(key)
    dropped?.cancelTimeout()
    return dropped?.link
  }
}
