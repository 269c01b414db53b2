/** The mistakes in a file of expectations: a sentence each, with the place where it stands. */
import { type ErrorCode, type ErrorParams, sentence } from '../../../core/errors.js'

/** Both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface Placed<Value> {
  readonly value: Value
  readonly place: Place
}

/** Those that say where. */
type PlacedCode = Exclude<Extract<ErrorCode, `RELAYOUT_E_TEST_${string}`>, `${string}_FILE` | `${string}_ONLY`>

/** All are counted; so many are said. */
const MOST_SAID = 50

export class Mistakes {
  readonly #file: string
  readonly #found: Placed<string>[] = []

  /** `file`: as it is named to whoever reads. */
  constructor(file: string) {
    this.#file = file
  }

  get count(): number {
    return this.#found.length
  }

  /** In the order of the file. */
  get sentences(): readonly string[] {
    return [...this.#found]
      .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
      .slice(0, MOST_SAID)
      .map(({ value }) => value)
  }

  add<Code extends PlacedCode>(code: Code, place: Place, params: Omit<ErrorParams<Code>, 'place'>): void {
    const where = `${this.#file}:${place.line}:${place.column}`
    this.#found.push({ place, value: sentence(code, { ...params, place: where } as ErrorParams<Code>) })
  }
}
