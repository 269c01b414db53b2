/**
 * The header of a queued message, taken apart as RFC 5322 section 2.2 has it.
 *
 * All text is byte strings. Line ends may be CR LF or LF alone. The file holds the message as it was on the wire, so a
 * line's leading dot has been doubled (RFC 5321 section 4.5.2); this is undone. Every expression is linear.
 */

const FIELD_NAME = /^([!-9;-~]+)[ \t]*:/

/** Where the empty line begins, or -1; `from`: what lies before it was looked at. */
export function endOfHeader(text: string, from = 0): number {
  if (from === 0 && (text.startsWith('\n') || text.startsWith('\r\n'))) return 0
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text.startsWith('\n', at + 1) || text.startsWith('\r\n', at + 1)) return at + 1
  }
  return -1
}

/** One entry for each field, as it stands in the message: a folded field keeps its inner line breaks. */
export function headerLines(text: string): string[] {
  const lines: string[] = []
  let at = 0
  while (at < text.length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline + 1
    const line = text.slice(text.startsWith('.', at) ? at + 1 : at, end)
    if (text.startsWith('.', at) && withoutLineEnd(line) === '') break
    const previous = lines.length - 1
    if (/^[ \t]/.test(line) && previous >= 0) lines[previous] = (lines[previous] ?? '') + line
    else lines.push(line)
    at = end
  }
  return lines.map(withoutLineEnd)
}

/** Name as written and value, unfolded and trimmed; undefined for a line without a field name. */
export function headerField(line: string): readonly [string, string] | undefined {
  const name = FIELD_NAME.exec(line)
  if (name === null) return undefined
  const value = line.slice(name[0].length).replace(/\r?\n(?=[ \t])/g, '')
  return [name[1] ?? '', trimmed(value)]
}

function withoutLineEnd(line: string): string {
  if (line.endsWith('\r\n')) return line.slice(0, -2)
  return line.endsWith('\n') ? line.slice(0, -1) : line
}

/** By hand: trimming with an expression is quadratic on a long run of blanks, and trim() takes 8-bit bytes away. */
function trimmed(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start++
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--
  return value.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
