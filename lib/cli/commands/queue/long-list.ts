/**
 * Aligned columns of more rows than there is memory for: the first ones say how wide the columns are, and are laid out as
 * `table` lays them out; the others follow as they come.
 */
import stringWidth from 'string-width'

import { type Column, fitted } from '../../output/table.js'
import type { Terminal } from '../../output/terminal.js'
import { wrapped } from '../../output/wrap.js'

/** That say how wide the columns are. */
const FIRST_ROWS = 200
/** Characters that are printed at one time. */
const PIECE = 64 * 1024
const GAP = '  '
const PRINTABLE_ASCII = /^[ -~]*$/

export class LongList {
  readonly #terminal: Terminal
  readonly #columns: readonly Column[]
  readonly #widest: readonly string[]
  #first: (readonly string[])[] | undefined = []
  #widths: readonly number[] = []
  #text = ''

  /** `widest`: what the cells of a long list may come to, where they cannot be cut. Cells must be `plain`. */
  constructor(terminal: Terminal, columns: readonly Column[], widest: readonly string[]) {
    this.#terminal = terminal
    this.#columns = columns
    this.#widest = widest
  }

  async add(row: readonly string[]): Promise<void> {
    if (!this.#first) return this.#line(row)
    this.#first.push(row)
    if (this.#first.length >= FIRST_ROWS) await this.#settle(this.#first, [this.#widest])
  }

  async end(): Promise<void> {
    if (this.#first) await this.#settle(this.#first, [])
    await this.#terminal.printAll(this.#text)
    this.#text = ''
  }

  async #settle(rows: readonly (readonly string[])[], more: readonly (readonly string[])[]): Promise<void> {
    this.#first = undefined
    const titles = this.#columns.map(({ title }) => title)
    this.#widths = fitted(this.#terminal.columns, this.#columns, [titles, ...rows, ...more])
    await this.#line(titles, true)
    for (const row of rows) await this.#line(row)
  }

  async #line(row: readonly string[], dim = false): Promise<void> {
    const cells = row.map((text, i) => this.#cell(text, i))
    const height = Math.max(...cells.map(({ length }) => length))
    for (let nth = 0; nth < height; nth++) {
      const line = cells.map((lines, i) => this.#padded(lines[nth] ?? '', i)).join(GAP)
      this.#text += `${dim ? this.#terminal.paint('dim', line.trimEnd()) : line.trimEnd()}\n`
    }
    if (this.#text.length < PIECE) return
    const text = this.#text
    this.#text = ''
    await this.#terminal.printAll(text)
  }

  /** Its lines. Where the output is no terminal nothing is cut, however wide. */
  #cell(text: string, column: number): string[] {
    const { least, wraps } = this.#columns[column] ?? {}
    const width = this.#widths[column] ?? 0
    if (least === undefined || this.#terminal.columns === Infinity || widthOf(text) <= width) return [text]
    return (wraps ? wrapped(text, width, '') : [text]).map((line) =>
      stringWidth(line) <= width ? line : cut(line, width),
    )
  }

  #padded(text: string, column: number): string {
    const room = ' '.repeat(Math.max(0, (this.#widths[column] ?? 0) - widthOf(text)))
    return this.#columns[column]?.align === 'right' ? room + text : text + room
  }
}

/** `stringWidth` takes microseconds, also of the plain text that nearly all is. */
function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text)
}

function cut(text: string, width: number): string {
  let short = ''
  let room = width - 1
  for (const character of text) {
    room -= stringWidth(character)
    if (room < 0) break
    short += character
  }
  return `${short}…`
}
