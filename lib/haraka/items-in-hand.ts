/**
 * Which queue items are being decided, wait, or are being delivered, and which were done with a moment ago: Haraka
 * removes an item's file without waiting for it. By the name that an item keeps (queue-item.ts).
 */
import type { Clock } from '../core/clock.js'

/** How long an item that is done is still known at least, ms; at most twice as long. */
const KNOWN_MS = 60_000

export class ItemsInHand {
  readonly #clock: Clock
  readonly #inHand = new Set<string>()
  /** Done since `#sinceMs`, and in the time before that. */
  #done = new Set<string>()
  #doneBefore = new Set<string>()
  #sinceMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
  }

  has(key: string): boolean {
    return this.#inHand.has(key) || this.#done.has(key) || this.#doneBefore.has(key)
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
    const now = this.#clock.monotonicMs()
    if (now - this.#sinceMs >= KNOWN_MS) {
      this.#doneBefore = this.#done
      this.#done = new Set()
      this.#sinceMs = now
    }
    this.#done.add(key)
  }
}
