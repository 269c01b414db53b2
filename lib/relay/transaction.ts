/**
 * One mail transaction (RFC 5321 3.3) as the relay server has it and as Haraka sees it, which differ where the script
 * rewrote a reply to RCPT.
 *
 * A recipient that the server accepted but Haraka holds to be refused must not get the message: Haraka bounces or
 * repeats it. So before DATA the transaction is repeated without it. A recipient that the server refused but Haraka
 * holds to be accepted is not in the server's transaction; if there is no other, nothing is sent.
 */
import { replyClass, type Reply } from '../core/reply.js'

export interface Recipient {
  /** The RCPT line as sent, a byte string without CR LF. */
  readonly line: string
  /** What the server said; undefined until it did. */
  real: Reply | undefined
  /** What Haraka was given; undefined until it was. */
  presented: Reply | undefined
}

/** What DATA must do. `kept`: the recipients that are to get the message. */
export interface DataPlan {
  readonly kind: 'send' | 'repeat' | 'swallow'
  readonly kept: readonly Recipient[]
}

export class Transaction {
  readonly mailLine: string
  readonly recipients: Recipient[] = []

  constructor(mailLine: string) {
    this.mailLine = mailLine
  }

  add(line: string): Recipient {
    const recipient: Recipient = { line, real: undefined, presented: undefined }
    this.recipients.push(recipient)
    return recipient
  }

  plan(): DataPlan {
    const kept = this.recipients.filter((recipient) => taken(recipient.real) && taken(recipient.presented))
    if (kept.length === 0) return { kind: 'swallow', kept }
    const unwanted = this.recipients.some((recipient) => taken(recipient.real) && !taken(recipient.presented))
    return { kind: unwanted ? 'repeat' : 'send', kept }
  }

  /** Those that Haraka holds to be accepted, in order: LMTP answers the end of data for each of them. */
  presentedAsAccepted(): readonly Recipient[] {
    return this.recipients.filter((recipient) => taken(recipient.presented))
  }
}

function taken(reply: Reply | undefined): boolean {
  return reply !== undefined && replyClass(reply) === 2
}
