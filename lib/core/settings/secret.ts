/**
 * A secret from the settings: it prints as `***` wherever it ends up (a log line, JSON, util.inspect), and only
 * `reveal` gives it away.
 */

const HIDDEN = '***'

export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  // Symbol.for: the name that util.inspect looks for, without importing node:util.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}
