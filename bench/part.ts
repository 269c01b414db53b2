/**
 * A part of the benchmark: what can be run by itself and has a table of its own.
 */
import type { Figure } from './figure.js'

export interface PartOptions {
  /** Messages in the queue of `drain`. */
  readonly messages: number
  readonly rounds: number
  /** Of what takes long. */
  readonly slowRounds: number
  /** Folder for processor profiles; undefined: none is kept. */
  readonly profiles: string | undefined
  readonly progress: (what: string) => void
}

export interface PartResult {
  readonly figures: readonly Figure[]
  /** Every single measurement, by what was measured. */
  readonly measurements?: Readonly<Record<string, readonly object[]>>
  /** What is to be said beside the figures, a line each. */
  readonly notes?: readonly string[]
}

export interface Part {
  /** What its figures measure, in a sentence or two. */
  readonly about: string
  run(options: PartOptions): PartResult | Promise<PartResult>
}
