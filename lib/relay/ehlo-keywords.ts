/**
 * The keywords of an EHLO reply (RFC 5321 4.1.1.1): what is made of them here, and which Haraka sees.
 */
import { announcedLimits, NOTHING_ANNOUNCED, type AnnouncedLimits } from '../core/connection-limits.js'
import { makeReply, replyClass, replyTexts, type Reply } from '../core/reply.js'

/** `offer` shows STARTTLS (RFC 3207 4), `hide` takes it away, whatever the server and the script said. */
export type StartTlsKeyword = 'leave' | 'hide' | 'offer'

/** A connection's reply is asked for with every message: what comes of it is kept. */
const changed: Readonly<Record<'hide' | 'offer', WeakMap<Reply, Reply>>> = { hide: new WeakMap(), offer: new WeakMap() }

export function withStartTls(reply: Reply, keyword: StartTlsKeyword): Reply {
  if (keyword === 'leave' || replyClass(reply) !== 2) return reply
  const made = changed[keyword].get(reply) ?? changedReply(reply, keyword)
  changed[keyword].set(reply, made)
  return made
}

function changedReply(reply: Reply, keyword: StartTlsKeyword): Reply {
  const [greeting = '', ...others] = replyTexts(reply)
  const rest = others.filter((text) => !isStartTls(text))
  const first = isStartTls(greeting) ? '' : greeting
  return makeReply(reply.code, first, ...rest, ...(keyword === 'offer' ? ['STARTTLS'] : []))
}

function isStartTls(text: string): boolean {
  return text.trim().toUpperCase() === 'STARTTLS'
}

/** What an EHLO reply offers, as far as it is acted on here. */
export interface Offered {
  readonly startTls: boolean
  readonly pipelining: boolean
  readonly smtputf8: boolean
  readonly limits: AnnouncedLimits
}

/** Haraka takes it off every line of a reply, and then looks for its keywords. */
const ENHANCED_CODE = /^#?(?:\d\.\d\.\d\s)?/

const NOTHING: Offered = { startTls: false, pipelining: false, smtputf8: false, limits: NOTHING_ANNOUNCED }

const known = new WeakMap<Reply, Offered>()

export function offeredBy(ehlo: Reply | undefined): Offered {
  if (!ehlo || replyClass(ehlo) !== 2) return NOTHING
  let offered = known.get(ehlo)
  if (!offered) {
    const keywords = new Set(replyTexts(ehlo).map((text) => text.replace(ENHANCED_CODE, '').toUpperCase()))
    offered = {
      startTls: keywords.has('STARTTLS'),
      pipelining: keywords.has('PIPELINING'),
      smtputf8: keywords.has('SMTPUTF8'),
      limits: announcedLimits(ehlo),
    }
    known.set(ehlo, offered)
  }
  return offered
}
