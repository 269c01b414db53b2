/**
 * How much may go over one connection (contract 8): what the settings or the script say, lowered by what the relay
 * server announces (LIMITS, RFC 9422).
 *
 * 0 is no limit, everywhere.
 */
import { replyClass, replyTexts, type Reply } from './reply.js'

export interface ConnectionLimits {
  readonly maxMessagesPerConnection: number
  readonly maxRecipientsPerConnection: number
  readonly maxRecipientsPerMessage: number
}

/** `MAILMAX`: transactions in a session; `RCPTMAX`: RCPT commands in a transaction (RFC 9422 4). */
export interface AnnouncedLimits {
  readonly mailMax: number
  readonly rcptMax: number
}

export const NOTHING_ANNOUNCED: AnnouncedLimits = { mailMax: 0, rcptMax: 0 }

/** What the LIMITS keyword of an EHLO reply says. Values that are no number of 1 to 6 digits are ignored (RFC 9422 3). */
export function announcedLimits(ehlo: Reply): AnnouncedLimits {
  if (replyClass(ehlo) !== 2) return NOTHING_ANNOUNCED
  const keyword = replyTexts(ehlo).find((text) => /^LIMITS(\s|$)/i.test(text)) ?? ''
  const value = (name: string): number =>
    Number(new RegExp(`\\s${name}=(\\d{1,6})(?=\\s|$)`, 'i').exec(keyword)?.[1] ?? 0)
  return { mailMax: value('MAILMAX'), rcptMax: value('RCPTMAX') }
}

/** What has gone over one connection so far, and what still may. */
export class ConnectionUsage {
  /** MAIL commands. */
  #messages = 0
  /** RCPT commands. */
  #recipients = 0

  get messages(): number {
    return this.#messages
  }

  add(recipients: number): void {
    this.#messages++
    this.#recipients += recipients
  }

  /**
   * How many recipients the next message may have on this connection, Infinity for no limit; 0: it is used up, or `wanted`
   * recipients would pass MaxRecipientsPerConnection, and a message that could go whole elsewhere is not cut for it.
   */
  room(limits: ConnectionLimits, announced: AnnouncedLimits, wanted: number): number {
    const messages = smallest(limits.maxMessagesPerConnection, announced.mailMax)
    if (this.#messages >= messages) return 0
    const perConnection = smallest(limits.maxRecipientsPerConnection)
    const perMessage = Math.min(smallest(limits.maxRecipientsPerMessage, announced.rcptMax), perConnection)
    const left = perConnection - this.#recipients
    return Math.min(wanted, perMessage) <= left ? perMessage : 0
  }
}

function smallest(...limits: readonly number[]): number {
  return Math.min(...limits.map((limit) => (limit > 0 ? limit : Infinity)))
}
