/**
 * One deadline at a time: setting it again replaces it.
 */
import type { Clock } from '../core/clock.js'

export class Deadline {
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(ms: number, passed: () => void): void {
    this.clear()
    this.#cancel = this.#clock.after(ms, passed)
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
