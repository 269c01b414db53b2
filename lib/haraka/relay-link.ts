/**
 * One connection to a relay server as the sender has it: the deliveries that follow each other on it, what may still
 * go over it, and what of it is logged.
 *
 * What the script says of a reply comes from the session of the message that is under way; after the last one, from that
 * message's session while it lives.
 */
import { fromBytes, toBytes } from '../core/byte-string.js'
import { ConnectionUsage } from '../core/connection-limits.js'
import { replyClass, replyTexts, type Reply } from '../core/reply.js'
import type { SenderSettings, TlsMode } from '../core/settings/settings.js'
import type { DialogueOptions } from '../relay/delivery-dialogue.js'
import { DeliverySocket } from '../relay/delivery-socket.js'
import { offeredBy } from '../relay/ehlo-keywords.js'
import type { Handshake } from '../relay/handshake.js'
import type { Envelope, MailPlan, Withheld } from '../relay/mail-opening.js'
import { RelayConnection } from '../relay/relay-connection.js'
import type { RelayObserver, ReplyEvent, RewriteEvent } from '../relay/relay-observer.js'
import type { Callback, ConnectionGlobals } from '../script/port.js'
import { failureOf } from '../policy/failure.js'
import type { EventLog } from './event-log.js'
import type { Journal, RelayPeer } from './journal.js'
import { serverName } from './relay-servers.js'
import type { Sender } from './sender.js'
import type { Session } from './session.js'
import type { HarakaMx, HarakaSocket, HMail } from './shapes.js'

/** A delivery, as the connection that it uses sees it. */
export interface LinkUser {
  readonly hmail: HMail
  readonly session: Session
  /** How many recipients it still has to send to. */
  readonly recipients: number
  /** MAIL is about to be sent: goes on with so many recipients; the RCPT lines that Haraka will send. */
  takeRecipients(most: number, smtputf8: boolean): readonly string[]
  /** After that: MAIL, given the line that Haraka has for it. */
  returnPath(line: string, server: string, smtputf8: boolean): MailPlan | Promise<MailPlan | Withheld>
  /** There is another relay server to try. */
  hasAlternative(): boolean
  /** The relay server has greeted. */
  answered(): void
  /** Settles when the disk knows what the relay server has acknowledged; undefined: it does. */
  stored(): Promise<void> | undefined
  /** The connection rests or is closed; once for each. */
  released(link: RelayLink): void
}

export interface RelayLinkOptions {
  readonly log: EventLog
  readonly journal: Journal
  readonly sender: Sender
  /** The sender's when the attempt began: a reload must not mix old credentials with a new TLS policy. */
  readonly settings: SenderSettings
  /** Of the sender's connections, likewise. */
  readonly generation: number
  /** Which messages may use it. */
  readonly key: string
  readonly mx: HarakaMx
  readonly tls: TlsMode
  readonly allowLosingRewrites: boolean
}

const WHY = {
  idle: 'idle_timeout',
  limit: 'limit reached',
  reset: 'RSET was not accepted',
  spoilt: 'not fit for a further message',
  room: 'another connection is needed',
  changed: 'settings or script changed',
  shutdown: 'shutdown',
} as const

export type QuitReason = keyof typeof WHY

/** Connections of this process so far. */
let opened = 0

export class RelayLink implements RelayObserver {
  readonly key: string
  readonly generation: number
  readonly closed: Promise<void>
  readonly peer: RelayPeer
  readonly address: string | undefined
  readonly #options: RelayLinkOptions
  readonly #settings: SenderSettings
  readonly #server: string
  readonly #connection: RelayConnection
  readonly #handshake: Handshake = {}
  readonly #usage = new ConnectionUsage()
  /** What ServerConnected changes holds for this connection. */
  #globals: ConnectionGlobals
  #greeted = false
  #givenUp = false
  #user: LinkUser | undefined
  #session: Session
  #hmail: HMail | undefined
  #socket: DeliverySocket | undefined
  /** Taken by the relay server, or so Haraka was told. */
  #messages = 0
  #recipients = 0
  /** The message under way is in them (LMTP answers each more than once). */
  #counted = false

  /** `socket`: connected, under TLS where that is implicit, not yet greeted. */
  constructor(options: RelayLinkOptions, socket: HarakaSocket, first: LinkUser) {
    const { settings, mx } = options
    this.#options = options
    this.#settings = settings
    this.key = options.key
    this.generation = options.generation
    this.#server = serverName(mx)
    this.address = socket.targetsocket.remoteAddress
    this.peer = { sender: options.sender.name, server: this.#server, connection: ++opened }
    this.#session = first.session
    this.#globals = first.session.globals
    const { auth, replyTimeoutMs } = settings
    const ours = settings.servers.length > 0 || options.tls === 'required'
    this.#connection = new RelayConnection(socket, {
      observer: this,
      allowLosingRewrites: options.allowLosingRewrites,
      forceTls: first.hmail.get_force_tls(mx),
      secrets: auth ? [auth.user.reveal(), auth.pass.reveal()] : [mx.auth_user, mx.auth_pass].filter(isString),
      replyTimeoutMs,
      ...(mx.exchange === undefined ? {} : { host: mx.exchange }),
      // A sender without host leaves TLS to Haraka's own outbound settings, unless its own or the script say more.
      verifyCertificate: () => this.#globals.verifyCertificate || (ours ? false : undefined),
    })
    this.closed = this.#connection.closed.then(({ why, failed }) => {
      this.#logClose(why, failed)
      this.#release()
    })
  }

  /** The relay server has answered it, and it has not been given up. */
  get answering(): boolean {
    return this.#greeted && !this.#givenUp
  }

  /** It can take a message now. */
  get usable(): boolean {
    return this.#connection.restored
  }

  /** How many recipients a message of so many may have on this connection; 0: it must go over another one. */
  room(recipients: number): number {
    const { limits } = offeredBy(this.#handshake.ehlo?.reply)
    return this.#usage.room(this.#globals, limits, recipients)
  }

  /** The next delivery: its socket for hmail. */
  deliver(user: LinkUser): DeliverySocket {
    const { sender, mx, tls } = this.#options
    const { auth, authPlaintext } = this.#settings
    this.#user = user
    this.#session = user.session
    this.#hmail = user.hmail
    this.#counted = false
    const options: DialogueOptions & { name: string } = {
      name: `relayout::${sender.name}::${this.#server}`,
      observer: this,
      handshake: this.#handshake,
      reused: this.#usage.messages > 0,
      tls,
      authPlaintext: authPlaintext || (!auth && mx.auth_user !== undefined),
      requireAuth: auth !== undefined,
      hasAlternative: () => user.hasAlternative(),
      envelope: (mailLine) => this.#envelope(user, mailLine),
      handBack: (open) => this.#handBack(open),
      mayLeave: () => user.stored(),
    }
    this.#socket = new DeliverySocket(this.#connection, options)
    return this.#socket
  }

  /** Takes the credentials out of a text. */
  redact(text: string): string {
    return this.#connection.secrets.redact(text)
  }

  /** Ends a connection that rests. The script sees the reply to QUIT if its session still lives. */
  quit(why: QuitReason): void {
    this.#givenUp = true
    const endUse = this.#session.hold()
    void this.closed.then(endUse)
    this.#connection.quit(WHY[why])
  }

  wantsReplies(): boolean {
    return this.#session.has('ReturnCodeHandler')
  }

  async returnCode(lastCommand: string, fullResponse: string, lastLine: string): Promise<string | undefined> {
    const { script } = this.#session
    return this.#guarded('ReturnCodeHandler', () =>
      script.returnCode(lastCommand, fullResponse, lastLine, toBytes(this.#server)),
    )
  }

  greeted(greeting: Reply): Promise<unknown> | undefined {
    const { log, sender, mx } = this.#options
    this.#greeted = true
    this.#user?.answered()
    if (replyClass(greeting) !== 2) return undefined
    const peer = { server: this.#server, address: this.address, port: mx.port }
    log.event('notice', 'connected', { sender: sender.name, ...peer }, this.#hmail)
    const { script } = this.#session
    const connected = script.serverConnected(toBytes(this.#server))
    if (!script.has('ServerConnected')) {
      connected.catch(() => undefined) // a script that failed before: that is in the log
      return undefined
    }
    return this.#guarded('ServerConnected', async () => {
      this.#globals = await connected
    })
  }

  replied(event: ReplyEvent): void {
    const { stage, presented } = event
    this.#options.journal.reply(this.peer, event, this.#user?.hmail, this.#shown)
    if (stage !== 'end-of-data' || replyClass(presented) !== 2 || this.#counted) return
    this.#counted = true
    this.#messages++
    this.#recipients += (this.#socket?.recipients ?? []).filter(
      (recipient) => recipient.presented && replyClass(recipient.presented) === 2,
    ).length
  }

  rewritten({ command, real, presented, outcome, warnings, returned }: RewriteEvent): void {
    const { log, sender } = this.#options
    const worst = warnings.some(({ kind }) => kind === 'refused' || kind === 'not-a-reply')
      ? 'error'
      : warnings.some(({ kind }) => kind === 'loses' || kind === 'repeats' || kind === 'waits')
        ? 'warn'
        : 'notice'
    const fields = {
      sender: sender.name,
      server: this.#server,
      command: this.#shown(command),
      real: this.#shown(inOneLine(real)),
      new: this.#shown(inOneLine(presented)),
      outcome,
      returned: outcome === 'invalid' || outcome === 'refused' ? this.#shown(returned ?? '') : undefined,
      warning: warnings.length > 0 ? warnings.map(({ sentence }) => sentence).join('; ') : undefined,
    }
    log.event(worst, 'rewrite', fields, this.#hmail)
    if (this.#hmail && isWorse(presented, real)) sender.note('refused', this.#session, this.#hmail)
  }

  warning(text: string, often = false): void {
    const { log, journal, sender } = this.#options
    const values = { sender: sender.name, server: this.#server, warning: this.#shown(text) }
    journal.warning(sender.name, this.#server, values.warning, this.#hmail)
    if (often) log.failure({ place: `${sender.name}\n${this.#server}`, text }, 'warn', 'relay', values, this.#hmail)
    else log.event('warn', 'relay', values, this.#hmail)
  }

  /** A byte string of the conversation for the log, with the return path that the queue has. */
  readonly #shown = (bytes: string): string => fromBytes(this.#socket?.inItsWords(bytes) ?? bytes)

  #envelope(user: LinkUser, mailLine: string): Envelope | Promise<Envelope | Withheld> {
    const { pipelining, smtputf8 } = offeredBy(this.#handshake.ehlo?.reply)
    const rcptLines = user.takeRecipients(Math.max(1, this.room(user.recipients)), smtputf8)
    this.#usage.add(rcptLines.length)
    const rest = { rcptLines, pipelined: this.#settings.pipelining && pipelining }
    const plan = user.returnPath(mailLine, this.#server, smtputf8)
    if (!(plan instanceof Promise)) return { ...plan, ...rest }
    return plan.then((later) => ('withheld' in later ? later : { ...later, ...rest }))
  }

  /** Why it cannot be kept, or undefined. */
  #handBack(open: boolean): string | undefined {
    const connection = this.#connection
    const { links } = this.#options.sender
    const reset = open || connection.consequence === 'reset'
    const refusal = links.refusal(this)
    if (refusal) return WHY[refusal]
    if (this.room(1) === 0) return WHY.limit
    if (reset ? !['none', 'reset'].includes(connection.consequence) : !connection.restored) return WHY.spoilt
    connection.rest()
    if (!reset) this.#rest()
    else {
      connection.reset((restored) => {
        if (restored) this.#rest()
        else this.quit('reset')
      })
    }
    return undefined
  }

  #rest(): void {
    // A delivery that waits for a connection takes it here and now, and is its user then.
    this.#release(() => this.#options.sender.links.rest(this))
  }

  /** `then` comes before the user hears of it. */
  #release(then?: () => void): void {
    const user = this.#user
    this.#user = undefined
    then?.()
    user?.released(this)
  }

  #logClose(why: string, failed: boolean): void {
    const { log, journal, sender } = this.#options
    const shown = this.#shown(why)
    log.event(failed ? 'warn' : 'info', 'close', {
      sender: sender.name,
      server: this.#server,
      messages: this.#messages,
      recipients: this.#recipients,
      why: shown,
    })
    journal.close(this.peer, this.#messages, this.#recipients, shown, failed)
  }

  /** A failed callback changes nothing but is in the log. */
  async #guarded<T>(callback: Callback, call: () => Promise<T>): Promise<T | undefined> {
    const { sender } = this.#options
    try {
      return await call()
    } catch (error) {
      sender.logFailure(failureOf(error, callback, this.#settings.script), this.#hmail)
      return undefined
    }
  }
}

/** A success or an intermediate reply is a failure now, or a temporary failure a permanent one. */
function isWorse(presented: Reply, real: Reply): boolean {
  return replyClass(presented) >= 4 && replyClass(presented) > replyClass(real)
}

function inOneLine(reply: Reply): string {
  return `${reply.code} ${replyTexts(reply).join(' / ')}`
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
