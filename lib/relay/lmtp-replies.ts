/**
 * LMTP gives a reply for each accepted recipient after the dot (RFC 2033 4.2). Haraka counts them wrongly: it takes
 * every failure for one of the *first* recipient that is left, so after `250` for A and `450` for B it would repeat A
 * and lose B.
 *
 * What can be done from outside without losing one: a recipient in front of a failed one is presented as deferred, too.
 * It gets the message twice, with a warning; the other way round a message would vanish. A caller that gives LMTP one
 * recipient a transaction never comes here.
 */
import { makeReply, replyClass, type Reply } from '../core/reply.js'

export interface LmtpPresentation {
  readonly replies: readonly Reply[]
  /** How many recipients are presented as deferred although they have the message. */
  readonly repeated: number
}

export function presentLmtpReplies(replies: readonly Reply[]): LmtpPresentation {
  const lastFailure = replies.findLastIndex((reply) => replyClass(reply) !== 2)
  let repeated = 0
  const presented = replies.map((reply, i) => {
    if (i > lastFailure || replyClass(reply) !== 2) return reply
    repeated += 1
    return makeReply(451, '4.3.0 accepted, but a later recipient of this LMTP transaction was not: it is sent again')
  })
  return { replies: presented, repeated }
}
