/** Aligned columns that fit the terminal: where the room does not suffice, the flexible ones give way. */
import CliTable from 'cli-table3'
import stringWidth from 'string-width'

import type { Terminal } from './terminal.js'

export interface Column {
  readonly title: string
  readonly align?: 'right'
  /** Gives way, down to so many characters. */
  readonly least?: number
  /** What does not fit goes on in the next line, and is not cut. */
  readonly wraps?: true
}

const GAP = '  '

/** Rows that are laid out at one time. */
const AT_ONCE = 100

/** As a reader sees them: a letter and its accents are one. */
const CHARACTERS = new Intl.Segmenter()

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
]

/** Lines, the titles first. Cells may have colours and must be `plain`. */
export function table(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => terminal.paint('dim', title))
  const widths = fitted(terminal.columns, columns, [titles, ...rows])
  const lines = [titles, ...rows]
  // It takes a time that grows with the square of what it is given.
  return Array.from({ length: Math.ceil(lines.length / AT_ONCE) }, (_, i) =>
    laidOut(columns, widths, lines.slice(i * AT_ONCE, (i + 1) * AT_ONCE)),
  ).flat()
}

function laidOut(
  columns: readonly Column[],
  widths: readonly number[],
  rows: readonly (readonly string[])[],
): string[] {
  const made = new CliTable({
    chars: { ...Object.fromEntries(BORDERS.map((name) => [name, ''])), middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: [...widths],
    colAligns: columns.map(({ align }) => align ?? 'left'),
  })
  for (const row of rows) {
    made.push(
      row.map((text, i) => {
        const wordWrap = columns[i]?.wraps ?? false
        return { content: wordWrap ? broken(text, widths[i] ?? 1) : text, wordWrap }
      }),
    )
  }
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

/** Words that are wider than the column in several: there may be no space in a text, as in Japanese. */
function broken(text: string, width: number): string {
  if (text.includes('\x1b') || stringWidth(text) <= width) return text
  return text
    .split(' ')
    .flatMap((word) => (stringWidth(word) <= width ? word : pieces(word, width)))
    .join(' ')
}

function pieces(word: string, width: number): string[] {
  const found: string[] = []
  let piece = ''
  let room = width
  for (const { segment } of CHARACTERS.segment(word)) {
    const wide = stringWidth(segment)
    if (wide > room && piece !== '') {
      found.push(piece)
      piece = ''
      room = width
    }
    piece += segment
    room -= wide
  }
  return [...found, piece]
}

/** Each as wide as its widest cell, unless that is more than there is. */
export function fitted(room: number, columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  const widths = columns.map((_, i) => rows.reduce((widest, row) => Math.max(widest, stringWidth(row[i] ?? '')), 1))
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - room
  while (excess > 0) {
    const able = columns.map(({ least }, i) => (least !== undefined && (widths[i] ?? 0) > least ? (widths[i] ?? 0) : 0))
    const widest = Math.max(...able)
    if (widest === 0) break
    widths[able.indexOf(widest)] = widest - 1
    excess--
  }
  return widths
}
