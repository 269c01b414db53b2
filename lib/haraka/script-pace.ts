/**
 * Whether a sender's script keeps up with what it is asked. A slow one may hold up its own sender's messages only: not
 * those that other senders have, and not Haraka's deliveries.
 */
import type { Clock } from '../core/clock.js'

/** One answer after the other comes within this time, ms, or the script is slow. Most take a thousandth of it. */
export const SLOW_MS = 250

export class ScriptPace {
  readonly #clock: Clock
  #open = 0
  #lastMs = 0
  #wasSlow = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** As of the answer that is due now, or of the last. */
  get slow(): boolean {
    return this.#wasSlow || (this.#open > 0 && this.#sinceLast() > SLOW_MS)
  }

  asked(): void {
    if (this.#open++ === 0) this.#lastMs = this.#clock.monotonicMs()
  }

  /** The session has begun: that time does not count, the thread may have had to start. */
  begun(): void {
    this.#lastMs = this.#clock.monotonicMs()
  }

  answered(): void {
    this.#open--
    this.#wasSlow = this.#sinceLast() > SLOW_MS
    this.#lastMs = this.#clock.monotonicMs()
  }

  #sinceLast(): number {
    return this.#clock.monotonicMs() - this.#lastMs
  }
}
