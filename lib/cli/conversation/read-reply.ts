/**
 * A reply as a user gives it, read as the plugin reads one from the wire: over-long lines and replies are cut, and a NUL
 * becomes a space.
 */
import { cutBytes, fromBytes } from '../../core/byte-string.js'
import { relayoutError } from '../../core/errors.js'
import { parseReplyLine, type Reply } from '../../core/reply.js'
import { MAX_READ_BYTES, ReplyReader } from '../../relay/reply-reader.js'

/** Bytes of it that an error shows. */
const MOST_SHOWN = 60

const WRITTEN_LINE_BREAK = /\\r\\n|\\n/g

/** The text with line breaks where `\r\n` or `\n` is written out. */
export function unescaped(text: string): string {
  return text.replace(WRITTEN_LINE_BREAK, '\r\n')
}

/**
 * `text`: a byte string, with or without a line break at its end. Throws a RelayoutError; `secret`: one that does not show
 * the text.
 */
export function readReply(text: string, secret: boolean): Reply {
  if (text.trim() === '') throw bad('an empty text', 'there is no code')
  const shown = secret ? 'this' : quoted(text)
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const parsed = lines.map((line) => parseReplyLine(line.replaceAll('\0', ' ')))
  const wrong = parsed.findIndex((line) => line === undefined)
  const place = (i: number): string => (lines.length === 1 ? 'it' : `line ${i + 1}`)
  if (wrong >= 0) {
    throw bad(shown, `${place(wrong)} does not begin with a code from 200 to 599 and a space or a hyphen`)
  }
  const end = parsed.findIndex((line) => line?.last)
  if (end < 0)
    throw bad(shown, `${place(lines.length - 1)} has a hyphen behind its code, which the last line of a reply has not`)
  if (end < lines.length - 1) {
    throw bad(shown, `line ${end + 1} has no hyphen behind its code, and ends the reply before the other lines`)
  }
  return asRead(lines)
}

function asRead(lines: readonly string[]): Reply {
  let read: Reply | undefined
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1')
  new ReplyReader().read(bytes, (reply) => (read = reply))
  if (!read) throw bad('this', `a reply has ${MAX_READ_BYTES} bytes at most`)
  return read
}

function quoted(text: string): string {
  return `"${fromBytes(cutBytes(text, MOST_SHOWN))}${text.length > MOST_SHOWN ? '…' : ''}"`
}

function bad(reply: string, why: string): Error {
  return relayoutError('RELAYOUT_E_REPLY', { reply, why })
}
