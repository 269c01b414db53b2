/**
 * Which queue items are being decided, wait, or are being delivered, and which were done with a moment ago: Haraka
 * removes an item's file without waiting for it. By the name that an item keeps (queue-item.ts).
 */
import type { Clock } from '../core/clock.js'

/** How long an item that is done is still known, ms. */
const KNOWN_MS = 60_000

export class ItemsInHand {
  readonly #clock: Clock
  readonly #inHand = new Set<string>()
  /** Until when, in the order of that. */
  readonly #done = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(key: string): boolean {
    this.#forget()
    return this.#inHand.has(key) || this.#done.has(key)
  }

  add(key: string): void {
    this.#inHand.add(key)
  }

  /** It is given back to Haraka, which may offer it again. */
  remove(key: string): void {
    this.#inHand.delete(key)
  }

  /** It is delivered or bounced. */
  finish(key: string): void {
    this.#inHand.delete(key)
    this.#done.set(key, this.#clock.monotonicMs() + KNOWN_MS)
  }

  #forget(): void {
    const now = this.#clock.monotonicMs()
    for (const [key, untilMs] of this.#done) {
      if (untilMs > now) return
      this.#done.delete(key)
    }
  }
}
