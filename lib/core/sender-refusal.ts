/**
 * Whether a refusal speaks of the sender's address, so that another form of it may be accepted: servers that know only
 * their own users' addresses, or take a `=` for a fault, refuse tagged ones (contract 7).
 *
 * Too wide is cheaper than too narrow: what was refused for another reason is refused again.
 */
import { replyClass, replyTexts, type Reply } from './reply.js'

/** RFC 5321 4.2.2: syntax error in parameters, mailbox name not allowed. */
const CODES: readonly number[] = [501, 553]

/** RFC 3463 3.2: bad sender's mailbox address syntax, bad sender's system address. */
const STATUS = /^5\.1\.[78]\b/

const SENDER = /\b(?:sender|(?:return|reverse)[ -]?path|mail ?from|envelope[ -]from|from address)\b/i

const FAULT =
  /\b(?:syntax|malformed|illegal|(?:in|not )valid|not (?:allowed|permitted|found|owned|verified|exist)|un(?:known|deliverable|verified|resolvable)|verif(?:y|ication)|must match|mismatch|rejected|denied|refused)/i

/** Of a reply to MAIL, whose only address is the sender's. */
export function refusesSenderAddress(reply: Reply): boolean {
  return CODES.includes(reply.code) || refusesSender(reply)
}

/** Of a reply to RCPT: many servers look at the sender only when they know a recipient. */
export function refusesSender(reply: Reply): boolean {
  if (replyClass(reply) !== 5) return false
  const texts = replyTexts(reply)
  const text = texts.join(' ')
  return texts.some((line) => STATUS.test(line)) || (SENDER.test(text) && FAULT.test(text))
}
