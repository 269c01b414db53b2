/**
 * MAIL to the end of data: the part of a delivery in which a script can change the fate of recipients. MAIL and RCPT are
 * sent by mail-opening.ts.
 *
 * What Haraka was told stays true. DATA repeats the transaction without a recipient that the script had refused, or is
 * answered here and the message swallowed when the server accepted no recipient at all (transaction.ts). When the
 * repetition does not go the same way, DATA is answered 451: Haraka defers the message.
 */
import type { Stage } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { commandExchange, localExchange, type Settled } from './exchange.js'
import { presentLmtpReplies } from './lmtp-replies.js'
import { MailOpening, OTHER_RECIPIENTS, type MailOpeningOptions } from './mail-opening.js'
import type { RelayConnection } from './relay-connection.js'
import type { RelayObserver } from './relay-observer.js'
import type { Recipient } from './transaction.js'
import type { WireAddress } from './wire-address.js'

export interface MessagePhaseOptions extends MailOpeningOptions {
  readonly observer: RelayObserver
}

/**
 * How far a transaction is. `unanswered`: the server has not taken MAIL. `in doubt`: it has the whole message and has
 * not answered.
 */
export type Progress = 'unanswered' | 'begun' | 'in doubt' | 'over'

export interface MessagePhaseHost {
  present(reply: Reply): void
  /** The next writes are the message. */
  bodyBegins(to: 'wire' | 'nowhere'): void
}

const NOT_REPEATED =
  '4.3.0 the script refused a recipient that the relay server accepts, and the transaction without it was not accepted'
const NOT_DELIVERED = '2.0.0 not delivered: every recipient was refused by the relay server and rewritten by the script'
const NOT_DELIVERED_TO = '2.0.0 not delivered: refused by the relay server and rewritten by the script'
const NOTHING_SENT =
  'every recipient was refused by the relay server and rewritten by the script: the message leaves the queue undelivered'

export class MessagePhase {
  /** LHLO was sent: the end of data is answered once for each recipient. */
  lmtp = false
  readonly #connection: RelayConnection
  readonly #options: MessagePhaseOptions
  readonly #host: MessagePhaseHost
  readonly #opening: MailOpening
  /** Of the message itself. */
  #progress: 'in doubt' | 'over' | undefined
  /** Who is to get the message. */
  #kept: readonly Recipient[] = []
  #swallowing = false
  /** The server has refused the message when it had it. */
  #refusedAtEnd = false

  constructor(connection: RelayConnection, options: MessagePhaseOptions, host: MessagePhaseHost) {
    this.#connection = connection
    this.#options = options
    this.#host = host
    this.#opening = new MailOpening(connection, options, (reply) => host.present(reply))
  }

  get progress(): Progress {
    if (this.#progress) return this.#progress
    const { mail, pipelined } = this.#opening
    if (mail === 'accepted') return 'begun'
    // What went with a MAIL that was refused may still be unanswered.
    return mail === 'refused' && !pipelined ? 'over' : 'unanswered'
  }

  /** MAIL was sent. */
  get begun(): boolean {
    return this.#opening.transaction !== undefined
  }

  /**
   * The server may have a transaction that is not over. A message that was refused at its end ends it (RFC 5321 4.1.1.4),
   * but not to Postfix, which goes on with it after `smtpd_end_of_data_restrictions` and refuses the next MAIL with 503.
   */
  get open(): boolean {
    if (this.#refusedAtEnd) return true
    return this.progress === 'begun' || (this.#opening.pipelined && this.progress === 'unanswered')
  }

  get recipients(): readonly Recipient[] {
    return this.#opening.transaction?.recipients ?? []
  }

  /** The address that Haraka is to know, where there is another one. */
  get address(): WireAddress | undefined {
    return this.#opening.address
  }

  mail(line: string): void {
    this.#opening.send(line)
  }

  rcpt(line: string): void {
    this.#opening.rcpt(line)
  }

  data(line: string): void {
    if (this.#opening.incomplete) {
      this.#connection.abort(OTHER_RECIPIENTS)
      return
    }
    const plan = this.#opening.transaction?.plan() ?? { kind: 'send', kept: [] }
    this.#kept = plan.kept
    if (plan.kind === 'swallow') this.#swallow()
    else if (plan.kind === 'repeat') this.#repeat(line)
    else this.#sendData(line)
  }

  /** The message is complete; `ending` is what must be written for it. */
  endOfBody(ending: string): void {
    if (this.#swallowing) this.#swallowed()
    else {
      this.#progress = 'in doubt'
      this.#connection.endBody()
      if (this.lmtp) this.#endOfLmtpBody(ending)
      else this.#endOfData(({ presented }) => this.#over([presented]), ending)
    }
  }

  #over(replies: readonly Reply[]): void {
    this.#progress = 'over'
    for (const reply of replies) this.#host.present(reply)
  }

  #endOfData(settle: (settled: Settled) => void, bytes?: string): void {
    const settleEnd = (settled: Settled): void => {
      this.#refusedAtEnd ||= settled.real !== undefined && replyClass(settled.real) !== 2
      settle(settled)
    }
    this.#connection.send({ stage: 'end-of-data', command: '.', ...(bytes ? { bytes } : {}), settle: settleEnd })
  }

  #sendData(line: string): void {
    this.#connection.send(
      commandExchange('data', line, ({ presented }) => {
        if (presented.code === 354) {
          this.#connection.beginBody()
          this.#host.bodyBegins('wire')
        }
        this.#host.present(presented)
      }),
    )
  }

  /** RSET, MAIL and the kept recipients again; each must be accepted by the server and by the script. */
  #repeat(dataLine: string): void {
    const steps: readonly (readonly [Stage, string])[] = [
      ['rset', 'RSET'],
      ['mail', this.#opening.transaction?.mailLine ?? ''],
      ...this.#kept.map((recipient) => ['rcpt', recipient.line] as const),
    ]
    let accepted = true
    const exchanges = steps.map(([stage, line], i) =>
      commandExchange(stage, line, ({ real, presented }) => {
        accepted &&= real !== undefined && replyClass(real) === 2 && replyClass(presented) === 2
        const next = exchanges[i + 1]
        if (accepted && next && !this.#opening.pipelined) this.#connection.send(next)
        else if (!next && accepted) this.#sendData(dataLine)
        else if (!next || !this.#opening.pipelined) this.#host.present(makeReply(451, NOT_REPEATED))
      }),
    )
    this.#connection.sendAll(this.#opening.pipelined ? exchanges : exchanges.slice(0, 1))
  }

  #swallow(): void {
    this.#options.observer.warning(NOTHING_SENT)
    this.#connection.send(
      localExchange(makeReply(354, 'go on'), ({ presented }) => {
        this.#swallowing = true
        this.#host.bodyBegins('nowhere')
        this.#host.present(presented)
      }),
    )
  }

  #swallowed(): void {
    this.#swallowing = false
    const replies = this.lmtp
      ? this.#presentedAsAccepted().map(() => makeReply(250, NOT_DELIVERED_TO))
      : [makeReply(250, NOT_DELIVERED)]
    for (const reply of replies)
      this.#connection.send(localExchange(reply, ({ presented }) => this.#host.present(presented)))
  }

  #endOfLmtpBody(bytes: string): void {
    const replies = new Map<Recipient, Reply>()
    this.#kept.forEach((recipient, i) => {
      const settle = ({ presented }: Settled): void => {
        replies.set(recipient, presented)
        if (replies.size === this.#kept.length) this.#presentLmtp(replies)
      }
      if (i === 0) this.#endOfData(settle, bytes)
      else this.#endOfData(settle)
    })
  }

  #presentLmtp(replies: ReadonlyMap<Recipient, Reply>): void {
    const all = this.#presentedAsAccepted().map(
      (recipient) => replies.get(recipient) ?? makeReply(250, NOT_DELIVERED_TO),
    )
    const { replies: presented, repeated } = presentLmtpReplies(all)
    if (repeated > 0)
      this.#options.observer.warning(
        `${repeated} recipients of an LMTP transaction are sent the message again, because Haraka would confuse them with one that failed`,
      )
    this.#over(presented)
  }

  #presentedAsAccepted(): readonly Recipient[] {
    return this.#opening.transaction?.presentedAsAccepted() ?? []
  }
}
