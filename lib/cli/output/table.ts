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

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
]

/** Lines, the titles first. Cells may have colours and must be `plain`. */
export function table(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => terminal.paint('dim', title))
  const widths = fitted(terminal.columns, columns, [titles, ...rows])
  const made = new CliTable({
    chars: { ...Object.fromEntries(BORDERS.map((name) => [name, ''])), middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths,
    colAligns: columns.map(({ align }) => align ?? 'left'),
  })
  for (const row of [titles, ...rows]) {
    made.push(row.map((content, i) => ({ content, wordWrap: columns[i]?.wraps ?? false })))
  }
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
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
