/**
 * MAIL to the end of data: the part of a delivery in which a script can change the fate of recipients.
 *
 * What Haraka was told stays true. DATA repeats the transaction without a recipient that the script had refused, or is
 * answered here and the message swallowed when the server accepted no recipient at all (transaction.ts). When the
 * repetition does not go the same way, DATA is answered 451: Haraka defers the message.
 */
import type { Stage } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { commandExchange, localExchange, type Settled } from './exchange.js'
import { presentLmtpReplies } from './lmtp-replies.js'
import type { RelayConnection } from './relay-connection.js'
import type { RelayObserver } from './relay-observer.js'
import { record, Transaction, type Recipient } from './transaction.js'

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
  readonly #observer: RelayObserver
  readonly #host: MessagePhaseHost
  #transaction: Transaction | undefined
  /** Who is to get the message. */
  #kept: readonly Recipient[] = []
  #swallowing = false

  constructor(connection: RelayConnection, observer: RelayObserver, host: MessagePhaseHost) {
    this.#connection = connection
    this.#observer = observer
    this.#host = host
  }

  get recipients(): readonly Recipient[] {
    return this.#transaction?.recipients ?? []
  }

  mail(line: string): void {
    this.#transaction = new Transaction(line)
    this.#connection.send(commandExchange('mail', line, ({ presented }) => this.#host.present(presented)))
  }

  rcpt(line: string): void {
    const recipient = this.#transaction?.add(line)
    this.#connection.send(
      commandExchange('rcpt', line, (settled) => {
        if (recipient) record(recipient, settled)
        this.#host.present(settled.presented)
      }),
    )
  }

  data(line: string): void {
    const plan = this.#transaction?.plan() ?? { kind: 'send', kept: [] }
    this.#kept = plan.kept
    if (plan.kind === 'swallow') this.#swallow()
    else if (plan.kind === 'repeat') this.#repeat(line)
    else this.#sendData(line)
  }

  /** The message is complete; `ending` is what must be written for it. */
  endOfBody(ending: string): void {
    if (this.#swallowing) this.#swallowed()
    else {
      this.#connection.endBody()
      const bytes = Buffer.from(ending, 'latin1')
      if (this.lmtp) this.#endOfLmtpBody(bytes)
      else this.#endOfData(({ presented }) => this.#host.present(presented), bytes)
    }
  }

  #endOfData(settle: (settled: Settled) => void, bytes?: Buffer): void {
    this.#connection.send({ stage: 'end-of-data', command: '.', ...(bytes ? { bytes } : {}), settle })
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
    const steps: [Stage, string][] = [
      ['rset', 'RSET'],
      ['mail', this.#transaction?.mailLine ?? ''],
      ...this.#kept.map((recipient): [Stage, string] => ['rcpt', recipient.line]),
    ]
    const step = (i: number): void => {
      const next = steps[i]
      if (!next) {
        this.#sendData(dataLine)
        return
      }
      const [stage, line] = next
      this.#connection.send(
        commandExchange(stage, line, ({ real, presented }) => {
          if (real && replyClass(real) === 2 && replyClass(presented) === 2) step(i + 1)
          else this.#host.present(makeReply(451, NOT_REPEATED))
        }),
      )
    }
    step(0)
  }

  #swallow(): void {
    this.#observer.warning(NOTHING_SENT)
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

  #endOfLmtpBody(bytes: Buffer): void {
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
      this.#observer.warning(
        `${repeated} recipients of an LMTP transaction are sent the message again, because Haraka would confuse them with one that failed`,
      )
    for (const reply of presented) this.#host.present(reply)
  }

  #presentedAsAccepted(): readonly Recipient[] {
    return this.#transaction?.presentedAsAccepted() ?? []
  }
}
