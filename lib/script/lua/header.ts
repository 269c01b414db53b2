/**
 * The header of a queued message: read from the queue file in small pieces, up to the empty line and never beyond
 * 1 MB. A file that cannot be read throws a HeaderUnreadable, which names the file and the reason.
 */
import fs from 'node:fs'

import { endOfHeader, headerField, headerLines } from '../../core/message-header.js'

const PIECE_BYTES = 16 * 1024
const MOST_BYTES = 1024 * 1024

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
  return { lines, fields: lines.map(headerField).filter((field) => field !== undefined) }
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
