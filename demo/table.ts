/**
 * A table for a terminal: columns of fixed width, long cells on several lines.
 */

export interface Column {
  readonly title: string
  readonly width: number
}

const GAP = '  '

export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const rule = columns.map(({ width }) => '─'.repeat(width)).join(GAP)
  const head = row(
    columns,
    columns.map(({ title }) => title),
  )
  return [head, rule, ...rows.flatMap((cells) => row(columns, cells))].flat().join('\n')
}

function row(columns: readonly Column[], cells: readonly string[]): string[] {
  const wrapped = columns.map(({ width }, i) => wrap(cells[i] ?? '', width))
  const height = Math.max(...wrapped.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    columns
      .map(({ width }, i) => (wrapped[i]?.[line] ?? '').padEnd(width))
      .join(GAP)
      .trimEnd(),
  )
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (let word of paragraph.split(' ')) {
      if (line && line.length + 1 + word.length <= width) {
        line += ` ${word}`
        continue
      }
      if (line) lines.push(line.trimEnd())
      for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width))
      line = word
    }
    lines.push(line.trimEnd())
  }
  return lines
}
