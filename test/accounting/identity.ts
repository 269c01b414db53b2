/**
 * Messages that can be told apart wherever they come out: a header field names each, and its body follows from the name
 * and its length, so that what is missing or mixed up in it is found.
 */
import type { Message } from '../support/submit.js'

const FIELD = 'X-Identity'

/** `bytes`: of the body, at least. The name goes into a header field: letters, digits, `-`, `/`. */
export function identified(name: string, from: string, to: readonly string[], bytes = 0): Message {
  const header = [
    'From: sender@example.com',
    'To: someone@example.net',
    `Subject: ${name}`,
    'Date: Mon, 05 Jan 2026 10:00:00 +0000',
    `Message-Id: <${name.replaceAll('/', '.')}@example.com>`,
    `${FIELD}: ${name} ${bytes}`,
  ]
  return { from, to, data: `${header.join('\r\n')}\r\n\r\n${body(name, bytes)}` }
}

/** Bodies that begin lines with dots, since those are what a transaction changes. */
function body(name: string, bytes: number): string {
  const line = `.${name} 0123456789 \xe4\xf6\xfc.\r\n`
  return `This is ${name}.\r\n${line.repeat(Math.ceil(bytes / line.length))}.\r\n..\r\nThat was ${name}.\r\n`
}

export interface Identified {
  /** Undefined: it is none of these messages. */
  readonly message: string | undefined
  readonly damage?: string
}

/** Of a whole message as it arrived, or only of its header, as a DSN repeats it. */
export function identify(data: Buffer | string): Identified {
  const text = typeof data === 'string' ? data : data.toString('latin1')
  const [, message, bytes] = new RegExp(`^${FIELD}: (\\S+) (\\d+)\\r?$`, 'm').exec(text) ?? []
  if (message === undefined) return { message: undefined }
  const end = text.indexOf('\r\n\r\n')
  const got = text.slice(end + 4)
  const wanted = Buffer.from(body(message, Number(bytes)), 'utf8').toString('latin1')
  return got === wanted ? { message } : { message, damage: `its body has ${got.length} bytes and is not as it was` }
}
