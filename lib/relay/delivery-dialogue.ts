/**
 * One delivery's commands from Haraka's side: each goes to the relay server as it is, or is answered here.
 *
 *  - What the server said on this connection before (handshake.ts) is said again from the record.
 *  - TLS that is on already, by STARTTLS of an earlier delivery or from the first byte: Haraka knows TLS only by
 *    STARTTLS, so it is offered and answered here. hmail's own state (TLS on, forced TLS fulfilled) is right then.
 *  - AUTH is never sent without TLS unless allowed, and no MAIL without AUTH where credentials are configured. Both are
 *    answered 454, so that Haraka defers the message.
 *  - QUIT hands the connection on to the next delivery where that is possible.
 *  - MAIL to the end of data: message-phase.ts.
 *
 * Replies made here are never shown to ReturnCodeHandler.
 */
import { replyInBrief, type Stage } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { offeredBy, withStartTls, type StartTlsKeyword } from './ehlo-keywords.js'
import { commandExchange, localExchange, type Settled } from './exchange.js'
import type { Handshake, Recorded } from './handshake.js'
import { MessagePhase, type MessagePhaseHost, type MessagePhaseOptions, type Progress } from './message-phase.js'
import type { RelayConnection } from './relay-connection.js'
import { authCommand } from './secret-redaction.js'
import type { Recipient } from './transaction.js'
import type { WireAddress } from './wire-address.js'

export type TlsMode = 'none' | 'available' | 'required' | 'implicit'

export interface DialogueOptions extends MessagePhaseOptions {
  /** Of this connection; what is new is added. */
  readonly handshake: Handshake
  readonly tls: TlsMode
  /** Setting `auth_plaintext`. */
  readonly authPlaintext: boolean
  /** Credentials are configured: no MAIL without AUTH. */
  readonly requireAuth: boolean
  /** There is another relay server to try when this one's greeting refuses. */
  hasAlternative(): boolean
  /**
   * The delivery is done with the connection. Undefined: it is kept for the next one, and no QUIT is sent; else why it is
   * not. `open`: the server may have a transaction that is not over.
   */
  handBack(open: boolean): string | undefined
  /** Settles when the connection may be left: what was acknowledged over it is on disk. Undefined: it may. */
  mayLeave?(): Promise<void> | undefined
}

/** Where replies and turns of the conversation go: the delivery socket. */
export interface DialogueHost extends MessagePhaseHost {
  /** QUIT is over, or must not be sent. */
  ended(): void
  /** The connection is no longer this delivery's. */
  handedBack(): void
}

const NO_AUTH_WITHOUT_TLS =
  '4.7.0 AUTH is not sent without TLS: the relay server offers none, or TLS is off (auth_plaintext = true allows it)'
const NO_TLS = 'it offers no STARTTLS, which tls = required or forceTLS of ServerDetails asks for: the message waits'
const NO_MAIL_WITHOUT_AUTH =
  '4.7.0 credentials are configured, but the relay server offers no AUTH that can be used: not sent without'

export class DeliveryDialogue {
  /** QUIT was written or dropped: whatever happens now is no failure. */
  quitting = false
  /** Haraka has been told that TLS is on. */
  #tlsTold = false
  readonly #connection: RelayConnection
  readonly #options: DialogueOptions
  readonly #handshake: Handshake
  readonly #host: DialogueHost
  readonly #message: MessagePhase
  #authLabel = ''
  #authWaits = false

  static readonly #commands: ReadonlyMap<string, (dialogue: DeliveryDialogue, line: string) => void> = new Map([
    ['EHLO', (dialogue, line) => dialogue.#ehlo('ehlo', line)],
    ['LHLO', (dialogue, line) => dialogue.#ehlo('lhlo', line)],
    ['HELO', (dialogue, line) => dialogue.#helo(line)],
    ['STARTTLS', (dialogue, line) => dialogue.#startTls(line)],
    ['AUTH', (dialogue, line) => dialogue.#auth(line)],
    ['MAIL', (dialogue, line) => dialogue.#mail(line)],
    ['RCPT', (dialogue, line) => dialogue.#message.rcpt(line)],
    ['DATA', (dialogue, line) => dialogue.#message.data(line)],
    ['RSET', (dialogue, line) => dialogue.#send('rset', line, dialogue.#present)],
    ['QUIT', (dialogue, line) => dialogue.#quit(line)],
  ] as [string, (dialogue: DeliveryDialogue, line: string) => void][])

  constructor(connection: RelayConnection, options: DialogueOptions, host: DialogueHost) {
    this.#connection = connection
    this.#options = options
    this.#handshake = options.handshake
    this.#host = host
    this.#message = new MessagePhase(connection, options, host)
  }

  /** STARTTLS was answered here: what Haraka is to find is the TLS that is on already. */
  get tlsPlayed(): boolean {
    return this.#tlsTold && this.#connection.encrypted
  }

  get progress(): Progress {
    return this.#message.progress
  }

  get recipients(): readonly Recipient[] {
    return this.#message.recipients
  }

  /** The address that Haraka is to know, where there is another one. */
  get address(): WireAddress | undefined {
    return this.#message.address
  }

  begin(): void {
    const { greeting } = this.#handshake
    if (greeting) this.#answer(greeting)
    else this.#connection.send({ stage: 'greeting', command: '', settle: this.#greeted })
  }

  /** Haraka's own STARTTLS came to its end: what was said before it does not count any more (RFC 3207 4.2). */
  tlsStarted(): void {
    this.#tlsTold = true
    delete this.#handshake.ehlo
    delete this.#handshake.helo
    delete this.#handshake.auth
  }

  /** A command line without CR LF, a byte string. */
  command(line: string): void {
    // The connection may be another delivery's by now.
    if (this.quitting) return
    const verb = (/^[A-Za-z]+/.exec(line)?.[0] ?? '').toUpperCase()
    // Within AUTH hmail gives up by QUIT, which the server would take for base64. No credential reads like that: it
    // would be `AB` and a control character.
    if (verb === 'QUIT' && (this.#authWaits || this.#connection.consequence === 'close')) {
      this.#endUnsaid()
      return
    }
    if (this.#authWaits) {
      this.#authLine(line)
      return
    }
    const carryOut = DeliveryDialogue.#commands.get(verb)
    if (carryOut) carryOut(this, line)
    else this.#send('other', line, this.#present)
  }

  /** The message is complete; `ending` is what must be written for it. */
  endOfBody(ending: string): void {
    this.#message.endOfBody(ending)
  }

  readonly #present = ({ presented }: Settled): void => this.#host.present(presented)

  #send(stage: Stage, line: string, settle: (settled: Settled) => void, shown = line): void {
    this.#connection.send(commandExchange(stage, line, settle, shown))
  }

  #answer(reply: Reply): void {
    this.#connection.send(localExchange(reply, this.#present))
  }

  readonly #greeted = ({ presented }: Settled): void => {
    if (replyClass(presented) >= 4 && this.#options.hasAlternative()) {
      this.#connection.abort(`the relay server does not want to be used now: ${replyInBrief(presented)}`)
      return
    }
    this.#handshake.greeting = presented
    this.#host.present(presented)
  }

  #ehlo(stage: 'ehlo' | 'lhlo', line: string): void {
    this.#message.lmtp = stage === 'lhlo'
    const known = this.#handshake.ehlo
    // Before it is told of TLS, Haraka only looks for STARTTLS; the name it gives counts after that.
    if (known && (known.line === line || (this.#connection.encrypted && !this.#tlsTold))) this.#answerEhlo(known)
    else
      this.#send(stage, line, ({ presented }) => {
        this.#handshake.ehlo = { line, reply: presented }
        const { tls, observer } = this.#options
        const isPlain = !this.#connection.encrypted && !offeredBy(presented).startTls
        if (tls === 'required' && isPlain && replyClass(presented) === 2) observer.warning(NO_TLS, true)
        this.#host.present(withStartTls(presented, this.#startTlsKeyword()))
      })
  }

  #answerEhlo({ reply }: Recorded): void {
    this.#answer(withStartTls(reply, this.#startTlsKeyword()))
  }

  #startTlsKeyword(): StartTlsKeyword {
    if (this.#connection.encrypted) return this.#tlsTold ? 'hide' : 'offer'
    return this.#options.tls === 'none' ? 'hide' : 'leave'
  }

  #helo(line: string): void {
    const known = this.#handshake.helo
    if (known?.line === line) this.#answer(known.reply)
    else
      this.#send('helo', line, ({ presented }) => {
        this.#handshake.helo = { line, reply: presented }
        this.#host.present(presented)
      })
  }

  #startTls(line: string): void {
    if (!this.#connection.encrypted) {
      this.#send('starttls', line, this.#present)
      return
    }
    this.#tlsTold = true
    this.#answer(makeReply(220, '2.0.0 TLS is on'))
  }

  #auth(line: string): void {
    if (this.#handshake.auth) {
      this.#answer(this.#handshake.auth)
      return
    }
    if (!this.#connection.encrypted && !this.#options.authPlaintext) {
      this.#options.observer.warning(NO_AUTH_WITHOUT_TLS, true)
      this.#answer(makeReply(454, NO_AUTH_WITHOUT_TLS))
      return
    }
    const { shown, initial } = authCommand(line)
    this.#authLabel = shown
    this.#connection.secrets.remember(initial)
    this.#send('auth', line, this.#authReply, this.#authLabel)
  }

  #authLine(line: string): void {
    this.#authWaits = false
    this.#connection.secrets.remember(line)
    this.#send('auth', line, this.#authReply, this.#authLabel)
  }

  readonly #authReply = ({ presented }: Settled): void => {
    this.#authWaits = replyClass(presented) === 3
    if (replyClass(presented) === 2) this.#handshake.auth = presented
    this.#host.present(presented)
  }

  #mail(line: string): void {
    if (this.#options.requireAuth && !this.#handshake.auth) {
      this.#options.observer.warning(NO_MAIL_WITHOUT_AUTH, true)
      this.#answer(makeReply(454, NO_MAIL_WITHOUT_AUTH))
      return
    }
    this.#message.mail(line)
  }

  #quit(line: string): void {
    this.quitting = true
    const settled = this.#options.mayLeave?.()
    if (settled) void settled.then(() => this.#leave(line))
    else this.#leave(line)
  }

  #leave(line: string): void {
    const why = this.#message.begun ? this.#options.handBack(this.#message.open) : 'no message was sent'
    if (why === undefined) {
      this.#host.handedBack()
      queueMicrotask(() => this.#host.ended())
      return
    }
    this.#send('quit', line, ({ presented }) => {
      this.#host.present(presented)
      this.#connection.finish(why)
      this.#host.ended()
    })
  }

  /** The server would read QUIT as something else: the connection is closed without. */
  #endUnsaid(): void {
    this.quitting = true
    this.#connection.destroy('closed without QUIT: the relay server expects something else than a command')
    queueMicrotask(() => this.#host.ended())
  }
}
