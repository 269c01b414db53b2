/**
 * One delivery's commands from Haraka's side: each goes to the relay server as it is, or is answered here.
 *
 *  - AUTH is never sent without TLS unless allowed, and no MAIL without AUTH where credentials are configured. Both are
 *    answered 454, so that Haraka defers the message.
 *  - Implicit TLS: Haraka knows TLS only by STARTTLS, so it is offered, answered here, and the recorded EHLO reply is
 *    given again. hmail's own state (TLS on, forced TLS fulfilled) is right then.
 *  - MAIL to the end of data: message-phase.ts.
 *
 * Replies made here are never shown to ReturnCodeHandler.
 */
import type { Stage } from '../core/reply-guards.js'
import { makeReply, replyClass, type Reply } from '../core/reply.js'
import { withStartTls, type StartTlsKeyword } from './ehlo-keywords.js'
import { commandExchange, localExchange, type Settled } from './exchange.js'
import { MessagePhase, type MessagePhaseHost } from './message-phase.js'
import type { RelayConnection } from './relay-connection.js'
import type { RelayObserver } from './relay-observer.js'
import type { Recipient } from './transaction.js'

export type TlsMode = 'none' | 'available' | 'required' | 'implicit'

export interface DialogueOptions {
  readonly observer: RelayObserver
  readonly tls: TlsMode
  /** Setting `auth_plaintext`. */
  readonly authPlaintext: boolean
  /** Credentials are configured: no MAIL without AUTH. */
  readonly requireAuth: boolean
}

/** Where replies and turns of the conversation go: the delivery socket. */
export interface DialogueHost extends MessagePhaseHost {
  /** QUIT is over, or must not be sent. */
  ended(): void
}

const NO_AUTH_WITHOUT_TLS =
  '4.7.0 AUTH is not sent without TLS: the relay server offers none, or TLS is off (auth_plaintext = true allows it)'
const NO_MAIL_WITHOUT_AUTH =
  '4.7.0 credentials are configured, but the relay server offers no AUTH that can be used: not sent without'
export class DeliveryDialogue {
  /** QUIT was written or dropped: whatever happens now is no failure. */
  quitting = false
  /** STARTTLS was answered here: the TLS that is on already is what Haraka is to find. */
  tlsPlayed = false
  readonly #connection: RelayConnection
  readonly #options: DialogueOptions
  readonly #host: DialogueHost
  readonly #message: MessagePhase
  #authLabel = ''
  #authWaits = false
  #authenticated = false
  #recordedEhlo: Reply | undefined

  readonly #handlers: ReadonlyMap<string, (line: string) => void> = new Map([
    ['EHLO', (line: string) => this.#ehlo('ehlo', line)],
    ['LHLO', (line: string) => this.#ehlo('lhlo', line)],
    ['HELO', (line: string) => this.#send('helo', line, this.#present)],
    ['STARTTLS', (line: string) => this.#startTls(line)],
    ['AUTH', (line: string) => this.#auth(line)],
    ['MAIL', (line: string) => this.#mail(line)],
    ['RCPT', (line: string) => this.#message.rcpt(line)],
    ['DATA', (line: string) => this.#message.data(line)],
    ['RSET', (line: string) => this.#send('rset', line, this.#present)],
    ['QUIT', (line: string) => this.#quit(line)],
  ])

  constructor(connection: RelayConnection, options: DialogueOptions, host: DialogueHost) {
    this.#connection = connection
    this.#options = options
    this.#host = host
    this.#message = new MessagePhase(connection, options.observer, host)
  }

  get recipients(): readonly Recipient[] {
    return this.#message.recipients
  }

  begin(): void {
    this.#connection.send({ stage: 'greeting', command: '', settle: this.#present })
  }

  /** A command line without CR LF, a byte string. */
  command(line: string): void {
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
    const handler = this.#handlers.get(verb)
    if (handler) handler(line)
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

  #ehlo(stage: 'ehlo' | 'lhlo', line: string): void {
    this.#message.lmtp = stage === 'lhlo'
    if (this.tlsPlayed && this.#recordedEhlo) {
      this.#answer(withStartTls(this.#recordedEhlo, 'hide'))
      return
    }
    this.#send(stage, line, ({ presented }) => {
      this.#recordedEhlo = presented
      this.#host.present(withStartTls(presented, this.#startTlsKeyword()))
    })
  }

  #startTlsKeyword(): StartTlsKeyword {
    if (this.#options.tls === 'implicit') return 'offer'
    return this.#options.tls === 'none' || this.#connection.encrypted ? 'hide' : 'leave'
  }

  #startTls(line: string): void {
    if (this.#options.tls === 'implicit' && this.#connection.encrypted) {
      this.tlsPlayed = true
      this.#answer(makeReply(220, '2.0.0 TLS has been on since the first byte'))
    } else this.#send('starttls', line, this.#present)
  }

  #auth(line: string): void {
    if (!this.#connection.encrypted && !this.#options.authPlaintext) {
      this.#answer(makeReply(454, NO_AUTH_WITHOUT_TLS))
      return
    }
    const [, mechanism = '', initial = ''] = line.split(' ')
    this.#authLabel = /^[\w-]{1,20}$/.test(mechanism) ? `AUTH ${mechanism}` : 'AUTH'
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
    this.#authenticated = replyClass(presented) === 2
    this.#host.present(presented)
  }

  #mail(line: string): void {
    if (this.#options.requireAuth && !this.#authenticated) {
      this.#answer(makeReply(454, NO_MAIL_WITHOUT_AUTH))
      return
    }
    this.#message.mail(line)
  }

  #quit(line: string): void {
    this.quitting = true
    this.#send('quit', line, ({ presented }) => {
      this.#host.present(presented)
      this.#connection.finish('QUIT')
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
