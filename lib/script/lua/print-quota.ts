/**
 * `print` for the log: a line is at most 2,000 bytes, a call at most 100 lines, a session at most 500 at once and 1,000 a
 * second. One more line, at most one a second, says how many are missing: the log is written by the mail server's thread.
 */
import { monotonicMs } from '../progress.js'
import { utf8 } from './byte-string.js'

const LINES_PER_CALL = 100
const LINES_AT_ONCE = 500
const LINES_PER_MS = 1
export const BYTES_PER_LINE = 2000
const REMARK_EVERY_MS = 1000
const ELLIPSIS = utf8('…')

export class PrintQuota {
  readonly #print: (line: string) => void
  #inCall = 0
  /** Lines that may be printed now, as of `#countedMs`. */
  #left = LINES_AT_ONCE
  #countedMs = 0
  #dropped = 0
  #remarkedMs = -Infinity

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  print(line: string): void {
    if (this.#inCall++ === 0) this.#refill()
    if (this.#inCall > LINES_PER_CALL || this.#left < 1) {
      this.#dropped++
      return
    }
    this.#left--
    this.#print(line.length > BYTES_PER_LINE ? line.slice(0, BYTES_PER_LINE) + ELLIPSIS : line)
  }

  endOfCall(): void {
    this.#inCall = 0
    if (this.#dropped === 0) return
    const now = monotonicMs()
    if (now - this.#remarkedMs < REMARK_EVERY_MS) return
    this.#remarkedMs = now
    this.#print(`${ELLIPSIS} ${this.#dropped} more lines dropped`)
    this.#dropped = 0
  }

  #refill(): void {
    const now = monotonicMs()
    this.#left = Math.min(LINES_AT_ONCE, this.#left + (now - this.#countedMs) * LINES_PER_MS)
    this.#countedMs = now
  }
}
