/**
 * A table in Markdown that is also readable as it stands: its columns are padded.
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => oneLine(String(cell))))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[], filler = ' '): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, filler)).join(' | ')} |`
  const [first = [], ...others] = cells
  return [line(first), line([], '-'), ...others.map((row) => line(row))].join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replaceAll('|', '\\|')
}
