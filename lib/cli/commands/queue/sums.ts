/** Sums of the queue: per sender, of those that all skip, and of those that Haraka delivers alone. */
import type { Decided } from '../../rehearsal/rehearsal.js'

/** Different reasons of a sender's that are told apart. */
const MOST_REASONS = 1_000

/** What is added up of an item. */
export interface Weight {
  readonly bytes: number
  readonly queuedMs: number
  /** It waits for its next try. */
  readonly waits: boolean
}

export class Sum {
  items = 0
  /** Of these. */
  waiting = 0
  bytes = 0
  oldestMs: number | undefined

  add({ bytes, queuedMs, waits }: Weight): void {
    this.items++
    if (waits) this.waiting++
    this.bytes += bytes
    this.oldestMs = Math.min(this.oldestMs ?? queuedMs, queuedMs)
  }
}

/** Why a sender skips messages, whoever takes them then. */
export class Skips {
  count = 0
  readonly #reasons = new Map<string, number>()

  add(reason: string): void {
    this.count++
    if (this.#reasons.has(reason) || this.#reasons.size < MOST_REASONS) {
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    }
  }

  /** Most frequent first. */
  reasons(most: number): { readonly reason: string; readonly count: number }[] {
    return [...this.#reasons]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([reason, count]) => ({ reason, count }))
  }
}

export class Sums {
  readonly all = new Sum()
  readonly skipped = new Sum()
  readonly alone = new Sum()
  readonly #takes = new Map<string, Sum>()
  readonly #skips = new Map<string, Skips>()

  constructor(senders: readonly string[]) {
    for (const sender of senders) {
      this.#takes.set(sender, new Sum())
      this.#skips.set(sender, new Skips())
    }
  }

  add({ taken, skip, answers }: Decided, weight: Weight): void {
    this.all.add(weight)
    const sum = taken ? this.#takes.get(taken.sender.name) : skip ? this.skipped : this.alone
    sum?.add(weight)
    for (const { sender, judgement } of answers) {
      if (judgement && !judgement.take) this.#skips.get(sender.name)?.add(judgement.reason)
    }
  }

  /** In their order. */
  senders(): { readonly sender: string; readonly takes: Sum; readonly skips: Skips }[] {
    return [...this.#takes].map(([sender, takes]) => ({ sender, takes, skips: this.#skips.get(sender) ?? new Skips() }))
  }
}
