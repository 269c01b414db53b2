/**
 * MAIL to the end of data: the part of a delivery in which a script can change the fate of recipients.
 *
 * What Haraka was told stays true. DATA repeats the transaction without a recipient that the script had refused, or is
 * answered here and the message swallowed when the server accepted no recipient at all (transaction.ts). When the
 * repetition does not go the same way, DATA is answered 451: Haraka defers the message.
 *
 * Where the server offers PIPELINING (RFC 2920), MAIL and all RCPTs go in one write. Haraka still sends one after the
 * other: a RCPT of its own is answered with the reply to the one that went ahead.
 *
 * MAIL may go with another address than Haraka's, and once more with Haraka's own where the server does not like that.
 */
import { replyInBrief, type Stage } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { refusesSenderAddress } from '../core/sender-refusal.js'
import { commandExchange, localExchange, type Exchange, type Settled } from './exchange.js'
import { presentLmtpReplies } from './lmtp-replies.js'
import type { RelayConnection } from './relay-connection.js'
import type { RelayObserver } from './relay-observer.js'
import { record, Transaction, type Recipient } from './transaction.js'
import { WireAddress } from './wire-address.js'

/** MAIL with another address, for a server that refuses the first one. */
export interface MailFallback {
  readonly mailLine: string
  /** The first one was refused, this one is about to be sent. */
  tried(refusal: Reply): void
  answered(accepted: boolean): void
}

/** MAIL as it is to be sent. All lines are byte strings without CR LF. */
export interface MailPlan {
  readonly mailLine: string
  readonly fallback?: MailFallback
}

/** MAIL is not to be sent: what Haraka is told. */
export interface Withheld {
  readonly withheld: Reply
}

/** One transaction. */
export interface Envelope extends MailPlan {
  /** The RCPT lines that Haraka is about to send, byte strings without CR LF, as many as the connection may take. */
  readonly rcptLines: readonly string[]
  /** They go with MAIL. */
  readonly pipelined: boolean
}

export interface MessagePhaseOptions {
  readonly observer: RelayObserver
  /** The connection carried a message before. */
  readonly reused: boolean
  /** Called once for each transaction, when Haraka sends MAIL, with its line. Never rejects. */
  envelope(mailLine: string): Envelope | Withheld | Promise<Envelope | Withheld>
}

/**
 * How far a transaction is. `unanswered`: the server has not taken MAIL. `in doubt`: it has the whole message and has
 * not answered.
 */
export type Progress = 'unanswered' | 'begun' | 'in doubt' | 'over'

/** A RCPT that was sent before Haraka did. */
interface Ahead {
  readonly line: string
  readonly recipient: Recipient
  /** Its reply is there. */
  presented: Reply | undefined
  /** Haraka has sent it, too. */
  asked: boolean
}

export interface MessagePhaseHost {
  present(reply: Reply): void
  /** The next writes are the message. */
  bodyBegins(to: 'wire' | 'nowhere'): void
}

const NOT_REPEATED =
  '4.3.0 the script refused a recipient that the relay server accepts, and the transaction without it was not accepted'
const NOT_DELIVERED = '2.0.0 not delivered: every recipient was refused by the relay server and rewritten by the script'
const NOT_DELIVERED_TO = '2.0.0 not delivered: refused by the relay server and rewritten by the script'
const OTHER_RECIPIENTS = 'Haraka named other recipients than those that were sent ahead (PIPELINING)'
const NOTHING_SENT =
  'every recipient was refused by the relay server and rewritten by the script: the message leaves the queue undelivered'

export class MessagePhase {
  /** LHLO was sent: the end of data is answered once for each recipient. */
  lmtp = false
  progress: Progress = 'unanswered'
  readonly #connection: RelayConnection
  readonly #options: MessagePhaseOptions
  readonly #host: MessagePhaseHost
  #pipelined = false
  /** In order, those that Haraka has not sent yet. */
  #ahead: Ahead[] = []
  #transaction: Transaction | undefined
  #address: WireAddress | undefined
  /** Who is to get the message. */
  #kept: readonly Recipient[] = []
  #swallowing = false

  constructor(connection: RelayConnection, options: MessagePhaseOptions, host: MessagePhaseHost) {
    this.#connection = connection
    this.#options = options
    this.#host = host
  }

  /** MAIL was sent. */
  get begun(): boolean {
    return this.#transaction !== undefined
  }

  /** The server may have a transaction that is not over. */
  get open(): boolean {
    return this.progress === 'begun' || (this.#pipelined && this.progress === 'unanswered')
  }

  get recipients(): readonly Recipient[] {
    return this.#transaction?.recipients ?? []
  }

  /** The address that Haraka is to know, where there is another one. */
  get address(): WireAddress | undefined {
    return this.#address
  }

  mail(line: string): void {
    const envelope = this.#options.envelope(line)
    if (envelope instanceof Promise) void envelope.then((later) => this.#begin(line, later))
    else this.#begin(line, envelope)
  }

  #begin(line: string, envelope: Envelope | Withheld): void {
    if ('withheld' in envelope) {
      this.#connection.send(localExchange(envelope.withheld, ({ presented }) => this.#host.present(presented)))
      return
    }
    const { mailLine, fallback } = envelope
    if (mailLine !== line) this.#address = new WireAddress(line, mailLine)
    this.#pipelined = envelope.pipelined
    this.#connection.sendAll(
      this.#opening(mailLine, envelope, (settled) => {
        if (fallback && this.#mayFallBack(settled)) this.#fallBack(line, envelope, fallback, settled.presented)
        else this.#mailAnswered(settled)
      }),
    )
  }

  /** MAIL, and RCPT where they go with it. */
  #opening(mailLine: string, { rcptLines, pipelined }: Envelope, settle: (settled: Settled) => void): Exchange[] {
    const transaction = (this.#transaction = new Transaction(mailLine))
    const mail = commandExchange('mail', mailLine, settle)
    if (!pipelined) return [mail]
    this.#ahead = rcptLines.map((line) => ({
      line,
      recipient: transaction.add(line),
      presented: undefined,
      asked: false,
    }))
    return [mail, ...this.#ahead.map((ahead) => this.#rcptAhead(ahead))]
  }

  /** What the script has made of a refusal stands. */
  #mayFallBack({ real, outcome }: Settled): boolean {
    const unchanged = outcome === 'unchanged' && this.#connection.consequence === 'none'
    return unchanged && real !== undefined && refusesSenderAddress(real)
  }

  /** Replies to what went ahead of the refusal come before, and are nobody's any more. */
  #fallBack(line: string, envelope: Envelope, fallback: MailFallback, refusal: Reply): void {
    fallback.tried(this.#address?.hiddenIn(refusal) ?? refusal)
    this.#address = new WireAddress(line, fallback.mailLine)
    const { pipelined } = envelope
    const opening = this.#opening(fallback.mailLine, envelope, (settled) => {
      fallback.answered(replyClass(settled.presented) === 2)
      this.#mailAnswered(settled)
    })
    const rset = commandExchange('rset', 'RSET', () => {
      if (!pipelined) this.#connection.sendAll(opening)
    })
    this.#connection.sendAll(pipelined ? [rset, ...opening] : [rset])
  }

  rcpt(line: string): void {
    if (this.#pipelined) {
      this.#rcptSentAhead(line)
      return
    }
    const recipient = this.#transaction?.add(line)
    this.#connection.send(
      commandExchange('rcpt', line, (settled) => {
        if (recipient) record(recipient, settled)
        this.#host.present(settled.presented)
      }),
    )
  }

  data(line: string): void {
    if (this.#ahead.length > 0) {
      this.#connection.abort(OTHER_RECIPIENTS)
      return
    }
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
      this.progress = 'in doubt'
      this.#connection.endBody()
      if (this.lmtp) this.#endOfLmtpBody(ending)
      else this.#endOfData(({ presented }) => this.#over([presented]), ending)
    }
  }

  #mailAnswered({ real, presented }: Settled): void {
    if (this.#options.reused && real?.code === 421 && presented.code === 421) {
      this.#connection.abort(`the relay server takes no further message on it: ${replyInBrief(real)}`)
      return
    }
    if (real && replyClass(real) === 2) this.progress = 'begun'
    else if (!this.#pipelined) this.progress = 'over'
    this.#host.present(presented)
  }

  #rcptAhead(ahead: Ahead): Exchange {
    return commandExchange('rcpt', ahead.line, (settled) => {
      record(ahead.recipient, settled)
      ahead.presented = settled.presented
      if (ahead.asked) this.#host.present(settled.presented)
    })
  }

  #rcptSentAhead(line: string): void {
    const ahead = this.#ahead.shift()
    if (ahead?.line !== line) {
      this.#connection.abort(OTHER_RECIPIENTS)
      return
    }
    ahead.asked = true
    const { presented } = ahead
    if (presented) queueMicrotask(() => this.#host.present(presented))
  }

  #over(replies: readonly Reply[]): void {
    this.progress = 'over'
    for (const reply of replies) this.#host.present(reply)
  }

  #endOfData(settle: (settled: Settled) => void, bytes?: string): void {
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
    const steps: readonly (readonly [Stage, string])[] = [
      ['rset', 'RSET'],
      ['mail', this.#transaction?.mailLine ?? ''],
      ...this.#kept.map((recipient) => ['rcpt', recipient.line] as const),
    ]
    let accepted = true
    const exchanges = steps.map(([stage, line], i) =>
      commandExchange(stage, line, ({ real, presented }) => {
        accepted &&= real !== undefined && replyClass(real) === 2 && replyClass(presented) === 2
        const next = exchanges[i + 1]
        if (accepted && next && !this.#pipelined) this.#connection.send(next)
        else if (!next && accepted) this.#sendData(dataLine)
        else if (!next || !this.#pipelined) this.#host.present(makeReply(451, NOT_REPEATED))
      }),
    )
    this.#connection.sendAll(this.#pipelined ? exchanges : exchanges.slice(0, 1))
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
    return this.#transaction?.presentedAsAccepted() ?? []
  }
}
