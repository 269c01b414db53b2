/**
 * The address of MAIL as it goes over the wire, where that is another one than Haraka named: tagged, or the script's.
 * It is known to the relay server and the script alone; in what Haraka is told, and in the log, its own address stands
 * in its place (contract 7).
 */
import { makeReply, replyTexts, type Reply } from '../core/reply.js'

const MAIL = /^MAIL FROM:<(.*)>([^>]*)$/i

/** The address of a MAIL line, '' for the null sender; a byte string like the line. */
export function mailAddress(line: string): string {
  return MAIL.exec(line)?.[1] ?? ''
}

/** The MAIL line with another address; `parameters`: what is to follow it besides what does. */
export function withMailAddress(line: string, address: string, parameters = ''): string {
  return line.replace(MAIL, (_line, _address, rest: string) => `MAIL FROM:<${address}>${rest}${parameters}`)
}

const TAG = /prvs=(\d{4}[\da-f]{6})=/i

/** What is secret of a tagged return path (`prvs=KDDDSSSSSS=`); undefined: it has no tag. */
export function tagDigits(address: string): string | undefined {
  return TAG.exec(address)?.[1]
}

/** An equals sign as servers repeat it: in the links of SPF refusals, in xtext, quoted-printable. */
const EQUALS = '(?:=3d|=|%(?:25)*3d|\\+3d)'

/** In one text: a reply could else grow a hundred times by it. */
const MOST_TIMES = 100

export class WireAddress {
  readonly #own: string
  readonly #onWire: RegExp | undefined

  /** `line`: MAIL as Haraka has it; `sent`: as the server has it. */
  constructor(line: string, sent: string) {
    this.#own = mailAddress(line)
    const onWire = mailAddress(sent)
    if (onWire === '' || onWire === this.#own) return
    // A server may repeat it in lower case, or encoded, or not all of it: of that at least the tag goes.
    const digits = tagDigits(onWire)
    const whole = `(${onWire.replace(/\W/g, '\\$&')})`
    const tag = digits === undefined || digits === tagDigits(this.#own) ? '' : `|(?:prvs${EQUALS})?${digits}${EQUALS}?`
    this.#onWire = new RegExp(`${whole}${tag}`, 'gi')
  }

  /** The text with Haraka's own address; repeated without end, it is only left out. */
  hidden(text: string): string {
    if (!this.#onWire) return text
    let times = 0
    return text.replace(this.#onWire, (_found, whole?: string) =>
      whole !== undefined && ++times <= MOST_TIMES ? this.#own : '',
    )
  }

  hiddenIn(reply: Reply): Reply {
    if (!this.#onWire) return reply
    const texts = replyTexts(reply)
    const hidden = texts.map((text) => this.hidden(text))
    return hidden.every((text, i) => text === texts[i]) ? reply : makeReply(reply.code, ...hidden)
  }
}
