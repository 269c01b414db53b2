/** `print` for the log: a line is at most 2,000 bytes, a call at most 100 lines; one more line says what is missing. */
import { utf8 } from './byte-string.js'

const LINES_PER_CALL = 100
const BYTES_PER_LINE = 2000
const ELLIPSIS = utf8('…')

export class PrintQuota {
  readonly #print: (line: string) => void
  #lines = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  print(line: string): void {
    this.#lines++
    if (this.#lines > LINES_PER_CALL) return
    this.#print(line.length > BYTES_PER_LINE ? line.slice(0, BYTES_PER_LINE) + ELLIPSIS : line)
  }

  endOfCall(): void {
    const dropped = this.#lines - LINES_PER_CALL
    this.#lines = 0
    if (dropped > 0) this.#print(`${ELLIPSIS} ${dropped} more lines dropped`)
  }
}
