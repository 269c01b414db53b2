/**
 * SMTP replies (RFC 5321 4.2): what a relay server said, and what a script says instead.
 *
 * A reply is kept as byte strings (latin1), the way it came. `presentedLines` is the one form that Haraka is given:
 * every line has the reply's code and `-` or a space behind it (Haraka bounces a message over a bare `250`), and no
 * control character. `parseRewrite` never throws and never gives a reply that is not well formed, whatever it is given.
 */

export interface Reply {
  /** 200 to 599: the code of the last line (RFC 5321 4.2.1: all lines have the same one; Haraka takes the last). */
  readonly code: number
  /** At least one; byte strings without CR LF, code and separator included, as they came. */
  readonly lines: readonly [string, ...string[]]
}

export interface ReplyLine {
  readonly code: number
  /** False for a `250-` continuation. */
  readonly last: boolean
  readonly text: string
}

/** Limits of what a script may return as a reply. */
export const MAX_REWRITE_BYTES = 64 * 1024
export const MAX_REWRITE_LINES = 100

const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s

/** One line without its line end; undefined when it is no reply line. `250` alone is one. */
export function parseReplyLine(line: string): ReplyLine | undefined {
  if (line.includes('\0')) return undefined
  const match = LINE.exec(line)
  if (!match) return undefined
  return { code: Number(match[1]), last: match[2] !== '-', text: match[3] ?? '' }
}

/** A whole reply from its lines; undefined unless all are reply lines and only the last one ends it. */
export function parseReply(lines: readonly string[]): Reply | undefined {
  const parsed = lines.map(parseReplyLine)
  const last = parsed.at(-1)
  const [first, ...others] = lines
  if (!last || first === undefined) return undefined
  if (parsed.some((line, i) => line?.last !== (i === lines.length - 1))) return undefined
  return { code: last.code, lines: [first, ...others] }
}

/** A reply of our own making: one line for each text, control characters neutralised. */
export function makeReply(code: number, ...texts: readonly string[]): Reply {
  const all = texts.length === 0 ? [''] : texts
  const [first = '', ...others] = all.map(
    (text, i) => `${code}${i === all.length - 1 ? ' ' : '-'}${neutraliseControls(text)}`,
  )
  return { code, lines: [first, ...others] }
}

/** The same text under another code. */
export function withCode(reply: Reply, code: number): Reply {
  return makeReply(code, ...replyTexts(reply))
}

/** The lines' texts without code and separator. */
export function replyTexts(reply: Reply): string[] {
  return reply.lines.map((line) => parseReplyLine(line)?.text ?? line.slice(4))
}

/** First digit of the code: 2 done, 3 go on, 4 not now, 5 no (RFC 5321 4.2.1). */
export function replyClass(reply: Reply): number {
  return Math.floor(reply.code / 100)
}

const PLAIN_LINE = /^\d{3}[ -][ -~]*$/

/** What Haraka is given: see the head of this file. */
export function presentedLines(reply: Reply): readonly string[] {
  // The usual reply is one line of printable ASCII: nothing has to be put right.
  const [line] = reply.lines
  if (reply.lines.length === 1 && line.charAt(3) === ' ' && PLAIN_LINE.test(line)) return reply.lines
  return withCode(reply, reply.code).lines
}

/** All lines as they came, joined by CR LF, none at the end (contract 6). */
export function fullResponse(reply: Reply): string {
  return reply.lines.join('\r\n')
}

export function lastLine(reply: Reply): string {
  return reply.lines.at(-1) ?? ''
}

/**
 * What ReturnCodeHandler returned, as a reply, or a sentence that says why it is none. The first line's code is the
 * reply's code; a further line may have that code in front or not, and any other number there is text.
 */
export function parseRewrite(text: string): { readonly reply: Reply } | { readonly error: string } {
  if (text.length > MAX_REWRITE_BYTES)
    return { error: `a reply may have ${MAX_REWRITE_BYTES} bytes, this has ${text.length}` }
  const lines = withoutLineEnds(text).split(/\r\n|\n|\r/)
  if (lines.length > MAX_REWRITE_LINES)
    return { error: `a reply may have ${MAX_REWRITE_LINES} lines, this has ${lines.length}` }
  const [first = '', ...others] = lines
  const match = LINE.exec(first)
  if (!match)
    return { error: 'it does not start with a code from 200 to 599 that is followed by a space, a hyphen or its end' }
  const code = Number(match[1])
  const texts = [match[3] ?? '', ...others.map((line) => textOf(line, code))]
  return { reply: makeReply(code, ...texts) }
}

/** By hand: with an expression 64 kB of line ends before a last character take seconds. */
function withoutLineEnds(text: string): string {
  let end = text.length
  while (end > 0 && (text.charAt(end - 1) === '\n' || text.charAt(end - 1) === '\r')) end--
  return text.slice(0, end)
}

function textOf(line: string, code: number): string {
  const match = LINE.exec(line)
  return match && Number(match[1]) === code ? (match[3] ?? '') : line
}

// Above 0xff nothing is a byte; such a character cut down to one could become a line end.
const CONTROL = /[^\x20-\x7e\x80-\u{10ffff}]/gu
const NO_BYTE = /[^\0-\xff]/gu

function neutraliseControls(text: string): string {
  return text.replace(CONTROL, ' ').replace(NO_BYTE, '?')
}
