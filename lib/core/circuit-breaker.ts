/**
 * When a sender's relay servers are tried again after none of them could be reached: after 5 s, then twice as long each
 * time, 5 minutes at most, and by one message until one answers.
 */
import type { Clock } from './clock.js'

export const FIRST_REST_MS = 5_000
export const LONGEST_REST_MS = 300_000

export class CircuitBreaker {
  readonly #clock: Clock
  readonly #wake: () => void
  #restMs = 0
  #sinceMs = 0
  #cancel: (() => void) | undefined

  /** `wake` is called when a rest is over: one message may try. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /** `closed`: as usual; `resting`: no connection is opened; `probing`: one message tries. */
  get state(): 'closed' | 'resting' | 'probing' {
    if (this.#restMs === 0) return 'closed'
    return this.#cancel ? 'resting' : 'probing'
  }

  /** No relay server could be reached. What comes of it; undefined while it rests already. */
  failed(): { readonly first: boolean; readonly restMs: number } | undefined {
    if (this.#cancel) return undefined
    const first = this.#restMs === 0
    if (first) this.#sinceMs = this.#clock.monotonicMs()
    this.#restMs = first ? FIRST_REST_MS : Math.min(2 * this.#restMs, LONGEST_REST_MS)
    this.#cancel = this.#clock.after(this.#restMs, () => {
      this.#cancel = undefined
      this.#wake()
    })
    return { first, restMs: this.#restMs }
  }

  /** A relay server has answered. How long none had, ms; undefined where that is nothing new. */
  answered(): number | undefined {
    if (this.#restMs === 0) return undefined
    this.close()
    return this.#clock.monotonicMs() - this.#sinceMs
  }

  /** Back to the beginning. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#restMs = 0
  }
}
