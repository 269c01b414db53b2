/**
 * Contract 10, R2: when some recipients got a 4xx to RCPT and the message is then refused for good, Haraka bounces them
 * all. The deferred ones stay in the queue; only the others bounce.
 *
 * The other way round, when some got a 5xx to RCPT and the message is then deferred or the connection lost, Haraka tries
 * them all again. The refused ones bounce; only the others are tried. A server that hangs up after so many unknown
 * recipients (Postfix: smtpd_hard_error_limit) would else never come to those behind them, and all would bounce in the end.
 */
import { replyClass, type Reply } from '../core/reply.js'
import type { HarakaAddress, HarakaMx } from './shapes.js'

/** What hmail was told of each of its recipients, in their order; undefined where nothing was said yet. */
export type Told = readonly { readonly presented: Reply | undefined }[]

export interface ToldBy {
  readonly told: Told
  /** The relay server. */
  readonly mx: HarakaMx | undefined
}

/** Of these recipients those that are to be tried again. */
export function deferredByReply(recipients: readonly HarakaAddress[], told: Told): HarakaAddress[] {
  return recipients.filter((_, i) => isToldOf(told[i], 4))
}

/** Of these recipients those that are to bounce, as hmail noted it when it was told. */
export function refusedByReply(recipients: readonly HarakaAddress[], told: Told): HarakaAddress[] {
  const refused = recipients.filter((_, i) => isToldOf(told[i], 5))
  // Of several the last one before the server hung up may be refused only because there were so many.
  const last = recipients.findLastIndex((_, i) => told[i]?.presented !== undefined)
  if (refused.length > 1 && last < recipients.length - 1 && refused.at(-1) === recipients[last]) refused.pop()
  for (const recipient of refused) noteRefusal(recipient)
  return refused
}

function isToldOf(recipient: Told[number] | undefined, hundreds: number): boolean {
  const reply = recipient?.presented
  return reply !== undefined && replyClass(reply) === hundreds
}

/** What hmail noted for the DSN since is of the message as a whole. */
function noteRefusal(recipient: HarakaAddress): void {
  const [, code, status, text] = /^(5\d\d) (?:(\d\.\d\.\d) )?(.*)/s.exec(recipient.reason ?? '') ?? []
  if (code === undefined) return
  recipient.dsn_action = 'failed'
  recipient.dsn_smtp_code = code
  recipient.dsn_smtp_extc = status
  recipient.dsn_smtp_response = text
  recipient.dsn_status = status ?? '5.0.0'
  recipient.dsn_code = recipient.dsn_msg = undefined
}
