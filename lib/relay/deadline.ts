/**
 * One deadline at a time: setting it again replaces it.
 *
 * A timer that is running already is kept where it fires in time for the new deadline, and looks again then: a
 * connection sets a deadline with every command, and hardly any of them passes.
 */
import type { Clock } from '../core/clock.js'

export class Deadline {
  readonly #clock: Clock
  #dueMs = Infinity
  #passed: () => void = () => undefined
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(ms: number, passed: () => void): void {
    this.#dueMs = this.#clock.monotonicMs() + ms
    this.#passed = passed
    if (this.#timer && this.#timer.atMs <= this.#dueMs) return
    this.#timer?.cancel()
    this.#wake(ms)
  }

  clear(): void {
    this.#dueMs = Infinity
  }

  /** Leaves no timer behind. */
  stop(): void {
    this.clear()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wake(ms: number): void {
    const cancel = this.#clock.after(ms, () => {
      this.#timer = undefined
      const left = this.#dueMs - this.#clock.monotonicMs()
      if (left === Infinity) return
      if (left > 0) this.#wake(left)
      else {
        this.clear()
        this.#passed()
      }
    })
    this.#timer = { atMs: this.#clock.monotonicMs() + ms, cancel }
  }
}
