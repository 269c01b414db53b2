/**
 * What a relay server says or does in place of one reply, given the one that it would give otherwise.
 */
import type { AnswerObject } from '../support/scripted-relay.js'

/** In the order of the columns of outcomes.ts. */
export const FAULTS = [
  '4xx',
  '5xx',
  '421',
  'garbage',
  'long-line',
  'many-lines',
  'half',
  'close',
  'reset',
  'nul',
  'bare-lf',
  'split',
  'early',
  'slow',
  'inject',
  'wrong-certificate',
] as const

export type Fault = (typeof FAULTS)[number]

const MEGABYTE = 1_000_000
const MANY = 100_000

/** To a command that the client has not sent. */
export const EARLY = '250 2.0.0 ok, early'

/** The EHLO reply of somebody on the way who would like to see the password (RFC 3207 6). */
export const INJECTED = '250-relay.test greets you\r\n250 AUTH PLAIN LOGIN'

/** Of those with a reply in place of `standard`; what happens to TLS is made by stages.ts. */
export const SAID: Readonly<Record<Exclude<Fault, 'wrong-certificate'>, (standard: string) => AnswerObject>> = {
  '4xx': () => ({ reply: '450 4.3.0 not now' }),
  '5xx': () => ({ reply: '550 5.7.1 not at all' }),
  '421': () => ({ reply: '421 4.3.2 shutting down', then: 'close' }),
  garbage: () => ({ raw: 'HTTP/1.1 400 Bad Request\r\n\r\n' }),
  'long-line': (standard) => ({ reply: standard.replace(/$/m, ` ${'x'.repeat(MEGABYTE)}`) }),
  'many-lines': (standard) => {
    const lines = standard.split('\r\n')
    const [last = ''] = lines.splice(-1)
    return { reply: [...lines, ...Array<string>(MANY).fill(`${last.slice(0, 3)}-x`), last].join('\r\n') }
  },
  half: (standard) => ({ raw: `${standard.slice(0, 3)}-half of it\r\n${standard.slice(0, 2)}` }),
  close: () => ({ then: 'close' }),
  reset: () => ({ then: 'reset' }),
  nul: (standard) => ({ reply: standard.replace(/$/m, '\0\0 nul\0') }),
  'bare-lf': (standard) => ({ raw: `${standard.replaceAll('\r\n', '\n')}\n` }),
  split: (standard) => ({ reply: standard, packets: 'bytes' }),
  early: (standard) => ({ reply: standard, raw: `${EARLY}\r\n` }),
  slow: (standard) => ({ raw: `${standard.slice(0, 3)}-${'slow '.repeat(1_000)}\r\n`, packets: 'slow' }),
  inject: (standard) => ({ reply: standard, raw: `${INJECTED}\r\n` }),
}
