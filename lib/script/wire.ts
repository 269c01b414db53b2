/**
 * One prepared string per message between the main thread and the script thread.
 *
 * A message is a list of fields, each a byte string, written as `length,length,…;fields`. A single one-byte string is
 * the cheapest thing a MessagePort carries, about half the main thread's cost of a structured clone of the same values.
 * Nothing here fails: both ends are ours.
 */

const COMMA = 0x2c
const SEMICOLON = 0x3b

export class FieldWriter {
  #lengths = ''
  #body = ''

  get empty(): boolean {
    return this.#lengths === ''
  }

  text(value: string): this {
    // The one that may fail first: the two must stay in step.
    this.#body += value
    this.#lengths += `${value.length},`
    return this
  }

  number(value: number): this {
    return this.text(String(value))
  }

  flag(value: boolean): this {
    return this.text(value ? '1' : '0')
  }

  /** The message, and an empty writer. */
  take(): string {
    const message = `${this.#lengths};${this.#body}`
    this.#lengths = ''
    this.#body = ''
    return message
  }
}

export class FieldReader {
  readonly #message: string
  #lengthAt = 0
  #bodyAt: number

  constructor(message: string) {
    this.#message = message
    this.#bodyAt = message.indexOf(';') + 1
  }

  get done(): boolean {
    return this.#message.charCodeAt(this.#lengthAt) === SEMICOLON
  }

  /** The next field, which stays the next. */
  peek(): string {
    const [lengthAt, bodyAt] = [this.#lengthAt, this.#bodyAt]
    const text = this.text()
    this.#lengthAt = lengthAt
    this.#bodyAt = bodyAt
    return text
  }

  text(): string {
    let length = 0
    let code = this.#message.charCodeAt(this.#lengthAt++)
    while (code !== COMMA) {
      length = length * 10 + code - 0x30
      code = this.#message.charCodeAt(this.#lengthAt++)
    }
    const start = this.#bodyAt
    this.#bodyAt = start + length
    return this.#message.slice(start, this.#bodyAt)
  }

  number(): number {
    return Number(this.text())
  }

  flag(): boolean {
    return this.text() === '1'
  }
}
