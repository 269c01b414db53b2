/**
 * MAIL and RCPT of one delivery.
 *
 * Where the server offers PIPELINING (RFC 2920), MAIL and all RCPTs go in one write. Haraka still sends one after the
 * other: a RCPT of its own is answered with the reply to the one that went ahead.
 *
 * MAIL may go with another address than Haraka's, and once more with Haraka's own where the server does not like that.
 * Many servers say so only when they are given the first recipient.
 */
import { replyInBrief } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { refusesSender, refusesSenderAddress } from '../core/sender-refusal.js'
import { commandExchange, localExchange, type Exchange, type Settled } from './exchange.js'
import type { RelayConnection } from './relay-connection.js'
import { Transaction, type Recipient } from './transaction.js'
import { WireAddress } from './wire-address.js'

/** For a server that refuses the address of MAIL. */
export interface MailFallback {
  /** It does. The MAIL line to be sent instead; undefined: the refusal stands. */
  refused(refusal: Reply): string | undefined
  /** What it says to that. */
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

export interface MailOpeningOptions {
  /** The connection carried a message before. */
  readonly reused: boolean
  /** Called once for each transaction, when Haraka sends MAIL, with its line. Never rejects. */
  envelope(mailLine: string): Envelope | Withheld | Promise<Envelope | Withheld>
}

interface Instead {
  readonly mailLine: string
  readonly fallback: MailFallback
}

/** A RCPT that was sent before Haraka did. */
interface Ahead {
  readonly recipient: Recipient
  /** Its reply is there. */
  presented: Reply | undefined
  /** Haraka has sent it, too. */
  asked: boolean
}

const NOT_RESET = '4.5.0 the relay server refused the return path, then RSET, and then another return path'

export const OTHER_RECIPIENTS = 'Haraka named other recipients than those that were sent ahead (PIPELINING)'

export class MailOpening {
  transaction: Transaction | undefined
  /** The address that Haraka is to know, where there is another one. */
  address: WireAddress | undefined
  pipelined = false
  /** What the server has said to MAIL. */
  mail: 'unanswered' | 'accepted' | 'refused' = 'unanswered'
  readonly #connection: RelayConnection
  readonly #options: MailOpeningOptions
  readonly #present: (reply: Reply) => void
  /** Haraka's MAIL. */
  #line = ''
  #rcptLines: readonly string[] = []
  /** In order, those that Haraka has not sent yet. */
  #ahead: Ahead[] = []
  /** Not used yet. */
  #fallback: MailFallback | undefined
  /** Used for the first recipient's sake, whose second reply is not there yet. */
  #tried: MailFallback | undefined
  /** MAIL was refused when Haraka knew it to be accepted: what its recipients are told. */
  #refused: Settled | undefined

  constructor(connection: RelayConnection, options: MailOpeningOptions, present: (reply: Reply) => void) {
    this.#connection = connection
    this.#options = options
    this.#present = present
  }

  /** Recipients went ahead that Haraka has not sent. */
  get incomplete(): boolean {
    return this.#ahead.length > 0
  }

  send(line: string): void {
    this.#line = line
    const envelope = this.#options.envelope(line)
    if (envelope instanceof Promise) void envelope.then((later) => this.#begin(later))
    else this.#begin(envelope)
  }

  rcpt(line: string): void {
    if (this.pipelined) this.#rcptSentAhead(line)
    else this.#sendRcpt(line)
  }

  #begin(envelope: Envelope | Withheld): void {
    if ('withheld' in envelope) {
      this.#connection.send(localExchange(envelope.withheld, ({ presented }) => this.#present(presented)))
      return
    }
    const { mailLine } = envelope
    this.#fallback = envelope.fallback
    this.#rcptLines = envelope.rcptLines
    this.pipelined = envelope.pipelined
    this.#connection.sendAll(this.#exchanges(mailLine, (settled) => this.#mailAnswered(settled)))
  }

  /** MAIL, and RCPT where they go with it. */
  #exchanges(mailLine: string, settle: (settled: Settled) => void): Exchange[] {
    const transaction = (this.transaction = new Transaction(mailLine))
    // One that went before may still be spoken of.
    if (mailLine !== this.#line) this.address = new WireAddress(this.#line, mailLine)
    const mail = commandExchange('mail', mailLine, settle)
    if (!this.pipelined) return [mail]
    this.#ahead = this.#rcptLines.map((line) => ({
      recipient: transaction.add(line),
      presented: undefined,
      asked: false,
    }))
    return [mail, ...this.#ahead.map((ahead) => this.#rcptAhead(ahead, transaction))]
  }

  #mailAnswered(settled: Settled): void {
    const { real, presented } = settled
    const instead = this.#instead(settled, refusesSenderAddress)
    if (instead) {
      this.#mailAgain(instead)
      return
    }
    if (this.#options.reused && real?.code === 421 && presented.code === 421) {
      this.#connection.abort(`the relay server takes no further message on it: ${replyInBrief(real)}`)
      return
    }
    this.mail = real && replyClass(real) === 2 ? 'accepted' : 'refused'
    this.#present(presented)
  }

  #sendRcpt(line: string): void {
    const recipient = this.transaction?.add(line)
    this.#connection.send(
      commandExchange('rcpt', line, (settled) => {
        const instead = this.#isFirst(recipient) ? this.#instead(settled, refusesSender) : undefined
        if (instead) this.#rcptAgain(instead, line)
        else this.#tell(recipient, this.#rcptAnswered(recipient, settled))
      }),
    )
  }

  /** What Haraka is to be told of the recipient. */
  #rcptAnswered(recipient: Recipient | undefined, settled: Settled): Reply {
    const told = this.#refused ?? settled
    if (recipient) recipient.real = told.real
    this.#tried?.answered(!this.#refused && !refusesSender(told.presented))
    this.#tried = undefined
    return told.presented
  }

  #tell(recipient: Recipient | undefined, reply: Reply): void {
    if (recipient) recipient.presented = reply
    this.#present(reply)
  }

  #rcptAhead(ahead: Ahead, transaction: Transaction): Exchange {
    const { recipient } = ahead
    return commandExchange('rcpt', recipient.line, (settled) => {
      // It was sent with the MAIL that has been refused.
      if (this.transaction !== transaction) return
      const instead = this.#isFirst(recipient) ? this.#instead(settled, refusesSender) : undefined
      if (instead) {
        this.#rcptAgain(instead)
        const first = this.#ahead[0]
        if (ahead.asked && first) {
          first.asked = true
          this.#ahead.shift()
        }
        return
      }
      ahead.presented = this.#rcptAnswered(recipient, settled)
      if (ahead.asked) this.#tell(recipient, ahead.presented)
    })
  }

  #rcptSentAhead(line: string): void {
    const ahead = this.#ahead.shift()
    if (ahead?.recipient.line !== line) {
      this.#connection.abort(OTHER_RECIPIENTS)
      return
    }
    ahead.asked = true
    const { recipient, presented } = ahead
    if (presented) queueMicrotask(() => this.#tell(recipient, presented))
  }

  #isFirst(recipient: Recipient | undefined): boolean {
    return recipient !== undefined && this.transaction?.recipients[0] === recipient
  }

  /** What is to follow a refusal of the address, once. What the script has made of a refusal stands. */
  #instead({ real, presented, outcome }: Settled, refuses: (reply: Reply) => boolean): Instead | undefined {
    const fallback = this.#fallback
    const unchanged = outcome === 'unchanged' && this.#connection.consequence === 'none'
    if (!fallback || !unchanged || real === undefined || !refuses(real)) return undefined
    this.#fallback = undefined
    const mailLine = fallback.refused(this.address?.hiddenIn(presented) ?? presented)
    return mailLine === undefined ? undefined : { mailLine, fallback }
  }

  #mailAgain({ mailLine, fallback }: Instead): void {
    this.#again(mailLine, (settled, meant) => {
      if (meant) fallback.answered(replyClass(settled.presented) === 2)
      this.#mailAnswered(settled)
    })
  }

  /** `line`: the RCPT to be sent again, where they do not go with MAIL. */
  #rcptAgain({ mailLine, fallback }: Instead, line?: string): void {
    this.#tried = fallback
    this.#again(mailLine, (settled, meant) => {
      if (!meant) this.#tried = undefined
      if (replyClass(settled.presented) !== 2) this.#refused = settled
      if (line === undefined) return
      if (this.#refused) {
        const recipient = this.transaction?.add(line)
        this.#tell(recipient, this.#rcptAnswered(recipient, settled))
      } else this.#sendRcpt(line)
    })
  }

  /**
   * Replies to what went with the first one come before. `meant`: what is said of the second one is said of it, not of a
   * transaction that the server has not let go of, in which the message would bounce for nothing.
   */
  #again(mailLine: string, mailAnswered: (settled: Settled, meant: boolean) => void): void {
    let reset = false
    const exchanges = this.#exchanges(mailLine, (settled) => {
      const meant = reset || replyClass(settled.presented) !== 5
      mailAnswered(meant ? settled : { ...settled, presented: makeReply(451, NOT_RESET) }, meant)
    })
    const rset = commandExchange('rset', 'RSET', ({ real }) => {
      reset = real !== undefined && replyClass(real) === 2
      if (!this.pipelined) this.#connection.sendAll(exchanges)
    })
    this.#connection.sendAll(this.pipelined ? [rset, ...exchanges] : [rset])
  }
}
