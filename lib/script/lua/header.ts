/**
 * The header of a queued message: read from the queue file in small pieces, up to the empty line and never beyond
 * 1 MB, and split into fields as RFC 5322 section 2.2 has it.
 *
 * All text is byte strings. Line ends may be CR LF or LF alone. The file holds the message as it was on the wire, so a
 * line's leading dot has been doubled (RFC 5321 section 4.5.2); this is undone. A file that cannot be read throws a
 * HeaderUnreadable, which names the file and the reason.
 */
import fs from 'node:fs'

const PIECE_BYTES = 16 * 1024
const MOST_BYTES = 1024 * 1024
const FIELD_NAME = /^([!-9;-~]+)[ \t]*:/

export class HeaderUnreadable extends Error {
  constructor(filename: string, cause: unknown) {
    const { code = 'error', message } = cause as NodeJS.ErrnoException
    super(`cannot read the header of ${filename}: ${code} (${message})`)
    this.name = 'HeaderUnreadable'
  }
}

export interface Header {
  /** One entry for each field, as it stands in the message: a folded field keeps its inner line breaks. */
  readonly lines: readonly string[]
  /** Name as written and value, unfolded and trimmed, in order; lines without a field name are left out. */
  readonly fields: readonly (readonly [string, string])[]
}

export function readHeader(filename: string, start: number): Header {
  const lines = headerLines(headerText(filename, start))
  return { lines, fields: lines.flatMap(field) }
}

/** The text up to the empty line, or up to the limit or the end of the file. */
function headerText(filename: string, start: number): string {
  try {
    const file = fs.openSync(filename, 'r')
    try {
      return readUntilEmptyLine(file, start)
    } finally {
      fs.closeSync(file)
    }
  } catch (error) {
    throw new HeaderUnreadable(filename, error)
  }
}

function readUntilEmptyLine(file: number, start: number): string {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  let text = ''
  while (text.length < MOST_BYTES) {
    const bytes = fs.readSync(file, piece, 0, PIECE_BYTES, start + text.length)
    if (bytes === 0) return text
    // An empty line may straddle two pieces: look again from two characters back.
    const from = Math.max(0, text.length - 2)
    text += piece.toString('latin1', 0, bytes)
    const end = endOfHeader(text, from)
    if (end >= 0) return text.slice(0, end)
  }
  return text
}

/** Where the empty line begins, or -1. */
function endOfHeader(text: string, from: number): number {
  if (from === 0 && (text.startsWith('\n') || text.startsWith('\r\n'))) return 0
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text.startsWith('\n', at + 1) || text.startsWith('\r\n', at + 1)) return at + 1
  }
  return -1
}

function headerLines(text: string): string[] {
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

function field(line: string): [string, string][] {
  const name = FIELD_NAME.exec(line)
  if (name === null) return []
  const value = line.slice(name[0].length).replace(/\r?\n(?=[ \t])/g, '')
  return [[name[1] ?? '', trimmed(value)]]
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
