/** The lines of a file that holds secrets: without a BOM, and without the blank lines at its beginning and end. */
export function secretLines(content: string): string[] {
  const lines = content.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop()
  while (lines.length > 0 && lines[0]?.trim() === '') lines.shift()
  return lines
}
