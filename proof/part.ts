/**
 * A part of the proof: what can be run by itself, says what it found, and what of that is not as it was promised.
 */

export interface PartOptions {
  /** How long the soak lasts. */
  readonly minutes: number
  /** Of the part `crashes`. */
  readonly kills: number
  /** What happens at random is the same for the same number, as far as the order of events is. */
  readonly seed: number
  readonly progress: (what: string) => void
}

export interface Row {
  readonly what: string
  readonly figure: string
}

export interface Table {
  readonly head: readonly string[]
  readonly lines: readonly (readonly string[])[]
}

export interface PartResult {
  readonly rows: readonly Row[]
  /** Figures over time. */
  readonly table?: Table
  /** What is not as promised, a sentence each; none: it is proved, as far as a run can. */
  readonly faults: readonly string[]
}

export interface Part {
  /** What is run and looked at, in a sentence or two. */
  readonly about: string
  run(options: PartOptions): Promise<PartResult>
}
