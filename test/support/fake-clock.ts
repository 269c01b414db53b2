/**
 * A clock that stands still until it is told to advance; timers fire in their order.
 */
import type { Clock } from '../../lib/core/clock.js'

export class FakeClock implements Clock {
  #nowMs: number
  readonly #timers = new Set<{ dueMs: number; fire: () => void }>()

  constructor(startMs = Date.UTC(2026, 0, 1, 12)) {
    this.#nowMs = startMs
  }

  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, fire }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter((t) => t.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (!due) break
      this.#timers.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.dueMs)
      due.fire()
    }
    this.#nowMs = endMs
  }
}
