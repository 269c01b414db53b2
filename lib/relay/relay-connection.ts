/**
 * One connection to a relay server: commands out, replies in, matched in order.
 *
 * An *exchange* is a command and the reply to it. Several may be outstanding; each is settled once, in order, after the
 * script was asked and the guards were applied. A reply that comes early is kept for the next command, except where
 * that could be abused: around STARTTLS (RFC 3207 4.2: nothing read before TLS counts after it) and before the end of
 * a message.
 *
 * It fails once, after the replies that were complete before: timeout, a fault of the protocol, the server going away.
 * The wire is destroyed then, later writes are swallowed, the client is told. `closed` is fulfilled exactly once, when
 * the wire is closed, whatever the reason; it never rejects.
 *
 * Between two messages it *rests*: nobody is told of anything, and whatever the server says or does ends it, which is
 * no failure.
 */
import { graver, replyInBrief, type Consequence, type Stage, type Verdict } from '../core/reply-guards.js'
import { replyClass, type Reply } from '../core/reply.js'
import {
  QUIT_TIMEOUT_MS,
  REPLY_TIMEOUT_MS,
  type ConnectionClient,
  type ConnectionClosed,
  type RelayConnectionOptions,
} from './connection-options.js'
import { Deadline } from './deadline.js'
import { ExchangeQueue } from './exchange-queue.js'
import { awaited, commandExchange, type Exchange, type Settled } from './exchange.js'
import { nodeClock } from './node-clock.js'
import { RelayError } from './relay-error.js'
import { ReplyJudge } from './reply-judge.js'
import { ReplyReader } from './reply-reader.js'
import { SecretRedaction } from './secret-redaction.js'
import { tlsFailure } from './tls-failure.js'
import type { SecureCallback, TlsOptions, Wire } from './wire.js'

/** Replies that nobody asked for are kept up to this many. */
export const MAX_EARLY_REPLIES = 8

export class RelayConnection {
  readonly closed: Promise<ConnectionClosed>
  readonly secrets: SecretRedaction
  readonly forceTls: boolean
  readonly #wire: Wire
  readonly #judge: ReplyJudge
  readonly #reader = new ReplyReader()
  readonly #verifyCertificate: () => boolean | undefined
  readonly #identity: TlsOptions
  readonly #replyTimeoutMs: number
  readonly #quitTimeoutMs: number
  readonly #queue = new ExchangeQueue()
  readonly #deadline: Deadline
  #client: ConnectionClient | undefined
  #state: 'open' | 'ending' | 'failed' | 'destroyed' = 'open'
  #failure: RelayError | undefined
  #why = ''
  #settling = false
  #judging = false
  /** Between two messages. */
  #resting = false
  /** Between the 220 to STARTTLS and the end of the TLS handshake: no byte may come. */
  #sealed = false
  #handshaking = false
  /** The reply to QUIT is in. */
  #parting = false
  /** The wire is closed. */
  #gone = false
  /** Within a message: no reply may come. */
  #inBody = false
  /** The last of the message so far, which goes with what follows: for most messages that is the dot, in one packet. */
  #held: Uint8Array | undefined
  #gravest: Consequence = 'none'
  #reportClosed: (report: ConnectionClosed) => void = () => undefined

  /** Takes the wire over: whatever listened to its data, end, error, timeout, close and drain is removed. */
  constructor(wire: Wire, options: RelayConnectionOptions) {
    this.#wire = wire
    this.#deadline = new Deadline(options.clock ?? nodeClock)
    this.secrets = new SecretRedaction(options.secrets ?? [])
    this.forceTls = options.forceTls
    this.#judge = new ReplyJudge(options.observer, options, this.secrets)
    this.#verifyCertificate = options.verifyCertificate ?? (() => undefined)
    this.#identity = options.host === undefined ? {} : { host: options.host }
    this.#replyTimeoutMs = options.replyTimeoutMs ?? REPLY_TIMEOUT_MS
    this.#quitTimeoutMs = options.quitTimeoutMs ?? QUIT_TIMEOUT_MS
    this.closed = new Promise((resolve) => (this.#reportClosed = resolve))
    this.#listen()
  }

  /** What the replies so far mean for a next message on this connection. */
  get consequence(): Consequence {
    return this.#gravest
  }

  get encrypted(): boolean {
    return Boolean(this.#wire.isEncrypted())
  }

  /** TLS is on, and its certificate was verified or need not be. */
  get secure(): boolean {
    return this.encrypted && (Boolean(this.#wire.isSecure()) || this.#verifyCertificate() === false)
  }

  /** It is open, and nothing is left of what went over it before. */
  get restored(): boolean {
    return (
      this.#state === 'open' &&
      this.#gravest === 'none' &&
      !this.#inBody &&
      !this.#judging &&
      this.#queue.empty &&
      this.#queue.early.length === 0 &&
      !this.#reader.midReply
    )
  }

  /** More has come than was asked for: what comes next would be taken for the reply to another command. */
  get #outOfStep(): boolean {
    return this.#queue.early.length > 0 || (this.#reader.midReply && !this.#queue.awaited)
  }

  /** From now on this client is told. */
  attach(client: ConnectionClient): void {
    this.#client = client
    this.#resting = false
  }

  /** The client has done, the next one has not come yet. */
  rest(): void {
    this.#client = undefined
    this.#resting = true
  }

  /** Writes the command, and settles the exchange in its turn; never before this call has returned. */
  send(exchange: Exchange): void {
    this.sendAll([exchange])
  }

  /** Several commands in one write (RFC 2920). */
  sendAll(exchanges: readonly Exchange[]): void {
    let bytes = ''
    const idle = this.#queue.awaited === undefined
    for (const exchange of exchanges) {
      if (this.#state !== 'open' || (this.#gravest === 'close' && !exchange.local)) return
      if (!exchange.local && !this.#mayFollowEarly(exchange)) return
      this.#queue.add(exchange)
      if (exchange.bytes && !exchange.local) bytes += exchange.bytes
    }
    if (bytes) this.#write(bytes)
    if (idle) this.#watchReply()
    this.#pumpSoon()
  }

  /** RSET: `done` hears whether the connection is as new after it. Replies that are still due come before. */
  reset(done: (restored: boolean) => void): void {
    if (this.#outOfStep) {
      done(false)
      return
    }
    this.send(
      commandExchange('rset', 'RSET', ({ real, consequence }) => {
        const accepted = real !== undefined && replyClass(real) === 2 && consequence === 'none'
        if (accepted && this.#gravest === 'reset') this.#gravest = 'none'
        done(accepted && this.restored)
      }),
    )
  }

  /** QUIT, where the server would take it for that; the connection ends in a short while whatever the server does. */
  quit(why: string): void {
    if (this.#state !== 'open') return
    if (this.#gravest === 'close') {
      this.destroy(why)
      return
    }
    this.#resting = false
    this.#why = why
    this.send(commandExchange('quit', 'QUIT', () => this.finish(why)))
  }

  /** The server has said 354: bytes go through `writeBody` until `endBody`. */
  beginBody(): void {
    if (this.#state !== 'open') return
    if (this.#queue.early.length > 0 || this.#reader.midReply) {
      this.#repliedTooSoon(this.#queue.early[0])
      return
    }
    this.#inBody = true
    this.#watchBody()
  }

  /** False when the wire wants a pause until `drained`. After a failure all is swallowed. */
  writeBody(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true
    this.#watchBody()
    const before = this.#held
    this.#held = bytes
    return before === undefined || this.#wire.write(before)
  }

  /** To be followed at once by the exchange of the dot. */
  endBody(): void {
    this.#inBody = false
    this.#deadline.clear()
  }

  /** Starts TLS; the callback comes when it is on. Otherwise the connection fails with source `tls`. */
  upgrade(options: TlsOptions, callback: SecureCallback): void {
    if (this.#state !== 'open') return
    const verify = this.#verifyCertificate()
    this.#sealed = true
    this.#handshaking = true
    this.#watch(this.#replyTimeoutMs, 'the TLS handshake was not finished')
    try {
      this.#wire.upgrade(
        { ...this.#identity, ...options, ...(verify === undefined ? {} : { rejectUnauthorized: verify }) },
        (authorized, ...rest) => {
          if (this.#state !== 'open' || !this.#handshaking) return
          this.#sealed = false
          this.#handshaking = false
          this.#deadline.clear()
          callback(authorized || (this.forceTls && verify === false), ...rest)
        },
      )
    } catch (error) {
      this.#fail(`TLS cannot be started: ${text(error)}`)
    }
  }

  /** Ends politely: half-closes, waits a little for the server to do the same. Outstanding exchanges are dropped. */
  finish(why: string): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#why = why
    this.#drop()
    this.#deadline.clear()
    if (this.#gone) return
    this.#wire.end()
    this.#deadline.set(this.#quitTimeoutMs, () => this.#wire.destroy())
  }

  /** Closes at once; after `finish` it leaves that to end by itself. */
  destroy(why: string): void {
    if (this.#state !== 'open') return
    this.#state = 'destroyed'
    this.#why = why
    this.#drop()
    this.#destroyWire()
  }

  /** Fails the connection for a reason on this side. */
  abort(why: string): void {
    this.#fail(why, 'relay connection')
  }

  #write(bytes: string): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#wire.write(Buffer.concat([held, Buffer.from(bytes, 'latin1')]))
    else this.#wire.write(bytes, 'latin1')
  }

  #listen(): void {
    const wire = this.#wire
    for (const name of ['data', 'line', 'end', 'error', 'timeout', 'close', 'drain']) wire.removeAllListeners(name)
    wire.setTimeout(0)
    wire.on('data', (data: Buffer) => this.#dataRead(data))
    wire.on('drain', () => {
      if (this.#inBody) this.#watchBody()
      this.#client?.drained()
    })
    // The listener stays for good: an error without one would end the process.
    wire.on('error', (error: unknown) =>
      this.#lost(this.#handshaking ? `TLS failed: ${tlsFailure(error)}` : `the connection failed: ${text(error)}`),
    )
    wire.on('end', () => this.#lost('it closed the connection'))
    wire.on('close', () => {
      this.#lost('it closed the connection')
      this.#gone = true
      this.#wireClosed()
    })
  }

  #dataRead(data: Buffer): void {
    if (this.#state !== 'open') return
    if (this.#sealed) {
      this.#fail('it sent something between STARTTLS and TLS')
      return
    }
    const fault = this.#reader.read(data, (reply, more) => this.#replyRead(reply, more))
    if (fault !== undefined) this.#fail(this.secrets.redact(fault))
    if (this.#resting && this.#reader.midReply && !this.#queue.awaited) this.#endRest('it said something')
    this.#pump()
  }

  #replyRead(reply: Reply, more: boolean): void {
    if (this.#state !== 'open') return
    if (this.#inBody) {
      this.#repliedTooSoon(reply)
      return
    }
    const exchange = this.#queue.replied(reply)
    if (exchange?.stage === 'quit') this.#parting = true
    if (!exchange && this.#resting) {
      this.#endRest(`it said ${this.secrets.redact(replyInBrief(reply))}`)
      return
    }
    if (!exchange) {
      if (this.#queue.early.length > MAX_EARLY_REPLIES) this.#fail('it goes on sending replies that nobody asked for')
      return
    }
    this.#watchReply()
    if (exchange.stage !== 'starttls' || replyClass(reply) !== 2) return
    this.#sealed = true
    if (more) this.#fail('it sent something between STARTTLS and TLS')
  }

  /** Whether what came before this command may be taken for its reply. */
  #mayFollowEarly(exchange: Exchange): boolean {
    if (this.#queue.early.length === 0 && !this.#reader.midReply) return true
    if (exchange.stage === 'starttls') this.#fail('it answered STARTTLS before it was sent')
    else if (exchange.stage === 'end-of-data' && exchange.bytes) this.#repliedTooSoon(this.#queue.early[0])
    else if ((exchange.stage === 'mail' || exchange.stage === 'data') && this.#outOfStep)
      this.#fail('it has sent more replies than it was sent commands')
    return this.#state === 'open'
  }

  #repliedTooSoon(reply: Reply | undefined): void {
    this.#fail(
      `it answered before the end of the message${reply ? `: ${this.secrets.redact(replyInBrief(reply))}` : ''}`,
    )
  }

  #pumpSoon(): void {
    if (!this.#settling && !this.#judging) queueMicrotask(() => this.#pump())
  }

  /** Settles what can be settled, in order; then tells a failure. */
  #pump(): void {
    while (!this.#settling && !this.#judging) {
      const next = this.#queue.take()
      if (!next) break
      if (next.exchange.local) this.#settle(next.exchange, localVerdict(next.reply))
      else this.#ask(next.exchange, next.reply)
    }
    if (this.#settling || this.#judging || !this.#failure) return
    const failure = this.#failure
    this.#failure = undefined
    this.#drop()
    this.#client?.failed(failure)
  }

  #ask(exchange: Exchange, real: Reply): void {
    const verdict = this.#judge.judge(exchange.stage, exchange.command, real)
    if (!(verdict instanceof Promise)) {
      this.#judged(exchange, real, verdict)
      return
    }
    this.#judging = true
    void verdict.then((later) => {
      this.#judging = false
      this.#judged(exchange, real, later)
      this.#pump()
    })
  }

  #judged(exchange: Exchange, real: Reply, verdict: Verdict): void {
    if (this.#state === 'ending' || this.#state === 'destroyed') return
    this.#gravest = graver(this.#gravest, verdict.consequence)
    const { presented, outcome, warnings, consequence } = verdict
    this.#settle(exchange, { presented, outcome, warnings, consequence, real })
  }

  #settle(exchange: Exchange, settled: Settled): void {
    this.#settling = true
    try {
      exchange.settle(settled)
    } finally {
      this.#settling = false
    }
  }

  #lost(what: string): void {
    // It answered QUIT: what is left is the script's view of that answer, and there is nobody to tell it.
    if (this.#parting) return
    if (this.#resting) {
      this.#endRest(what)
      return
    }
    const waiting = this.#queue.awaited
    this.#fail(waiting ? `${what} while ${awaited(waiting)} was awaited` : what)
  }

  #endRest(what: string): void {
    this.destroy(`relay server: ${what} between two messages`)
  }

  #fail(what: string, who = 'relay server'): void {
    if (this.#state !== 'open') return
    if (this.#resting) {
      this.#endRest(what)
      return
    }
    this.#why = `${who}: ${what}`
    this.#failure = new RelayError(this.#why, this.#handshaking ? 'tls' : undefined)
    this.#state = 'failed'
    this.#deadline.clear()
    this.#reader.stop()
    this.#destroyWire()
    this.#pumpSoon()
  }

  #drop(): void {
    this.#reader.stop()
    this.#queue.clear()
  }

  #destroyWire(): void {
    this.#wire.destroy()
    // Should the wire never say that it is closed, the delivery's slot must become free all the same.
    this.#deadline.set(this.#quitTimeoutMs, () => this.#wireClosed())
  }

  #wireClosed(): void {
    this.#deadline.stop()
    this.#reportClosed({ why: this.#why || 'QUIT', failed: this.#state === 'failed' })
  }

  #watchReply(): void {
    const next = this.#queue.awaited
    this.#deadline.clear()
    if (next) this.#watch(this.#timeoutMs(next.stage), `${awaited(next)} did not come`)
  }

  #watchBody(): void {
    this.#watch(this.#replyTimeoutMs, 'it took no more of the message')
  }

  #watch(ms: number, what: string): void {
    this.#deadline.set(ms, () => {
      this.#fail(`${what} within ${ms / 1000} s`)
      this.#pump()
    })
  }

  #timeoutMs(stage: Stage): number {
    if (stage === 'quit' || this.#resting) return this.#quitTimeoutMs
    return stage === 'end-of-data' ? 2 * this.#replyTimeoutMs : this.#replyTimeoutMs
  }
}

function localVerdict(reply: Reply): Settled {
  return { presented: reply, real: undefined, outcome: 'unchanged', warnings: [], consequence: 'none' }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
