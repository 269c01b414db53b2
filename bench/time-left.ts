/**
 * How long the parts that are to be run still take: what was expected of each, corrected by how long those took that are
 * over.
 */
export interface Expected {
  readonly name: string
  readonly seconds: number
}

export class TimeLeft {
  readonly #nowMs: () => number
  readonly #parts: Expected[]
  #over: { readonly expected: number; readonly taken: number } = { expected: 0, taken: 0 }
  #beganMs: number

  /** `parts` in the order in which they are run. */
  constructor(parts: readonly Expected[], nowMs: () => number) {
    this.#parts = [...parts]
    this.#nowMs = nowMs
    this.#beganMs = nowMs()
  }

  /** The first of the parts that were left is over. */
  next(): void {
    const part = this.#parts.shift()
    const { expected, taken } = this.#over
    this.#over = { expected: expected + (part?.seconds ?? 0), taken: taken + this.#inThis() }
    this.#beganMs = this.#nowMs()
  }

  /** Seconds. */
  get seconds(): number {
    const { expected, taken } = this.#over
    const pace = expected > 0 ? taken / expected : 1
    const [current = 0, ...others] = this.#parts.map((part) => part.seconds * pace)
    return Math.max(0, current - this.#inThis()) + others.reduce((sum, one) => sum + one, 0)
  }

  get text(): string {
    const { seconds } = this
    return seconds < 90 ? `about ${Math.ceil(seconds / 10) * 10} s left` : `about ${Math.round(seconds / 60)} min left`
  }

  #inThis(): number {
    return (this.#nowMs() - this.#beganMs) / 1000
  }
}
