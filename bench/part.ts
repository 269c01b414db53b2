/**
 * A part of the benchmark: what can be run by itself and has a table of its own.
 */
import type { Figure } from './figure.js'
import type { SummaryRow } from './summary.js'

export interface PartOptions {
  readonly rounds: number
  /** How many of something there are to be, of `all` of a whole run: fewer in a trial, but one at least. */
  readonly count: (all: number) => number
  /** Folder for processor profiles; undefined: none is kept. */
  readonly profiles: string | undefined
  readonly progress: (what: string) => void
}

export interface PartResult {
  readonly figures: readonly Figure[]
  /** What a reader wants to know of it: rows of the table of all parts. */
  readonly summary: readonly SummaryRow[]
  /** Every single measurement, by what was measured. */
  readonly measurements?: Readonly<Record<string, readonly object[]>>
  /** What is to be said beside the figures, a line each. */
  readonly notes?: readonly string[]
}

export interface Part {
  /** What its figures measure, in a sentence or two. */
  readonly about: string
  /** How long a round takes on two processors, roughly: for the estimate of the time that is left. */
  readonly secondsARound: number
  run(options: PartOptions): PartResult | Promise<PartResult>
}
