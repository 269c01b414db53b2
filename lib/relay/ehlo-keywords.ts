/**
 * Which STARTTLS keyword Haraka sees in an EHLO reply (RFC 3207 4): `offer` shows it, `hide` takes it away, whatever
 * the server and the script said; `leave` changes nothing. The rest of the reply stays.
 */
import { makeReply, replyClass, replyTexts, type Reply } from '../core/reply.js'

export type StartTlsKeyword = 'leave' | 'hide' | 'offer'

export function withStartTls(reply: Reply, keyword: StartTlsKeyword): Reply {
  if (keyword === 'leave' || replyClass(reply) !== 2) return reply
  const [greeting = '', ...others] = replyTexts(reply)
  const rest = others.filter((text) => !isStartTls(text))
  const first = isStartTls(greeting) ? '' : greeting
  return makeReply(reply.code, first, ...rest, ...(keyword === 'offer' ? ['STARTTLS'] : []))
}

function isStartTls(text: string): boolean {
  return text.trim().toUpperCase() === 'STARTTLS'
}
