import stringWidth from 'string-width'

/** Lines of at most so many columns, those after the first with the indent; a longer word has a line of its own. */
export function wrapped(text: string, columns: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line.trim() === '' || stringWidth(longer) <= columns) line = longer
    else {
      lines.push(line)
      line = indent + word
    }
  }
  return [...lines, line]
}
