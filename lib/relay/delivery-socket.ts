/**
 * What Haraka's hmail holds for a socket during one delivery: just the parts of one that it uses.
 *
 * Create it and hand it to hmail in the same turn of the event loop; the greeting is presented after that. Commands and
 * message are told apart by the state of the conversation, never by the type of what is written. `release_client` may
 * take all listeners away and destroy it at any time; the connection underneath then closes and reports `closed`, unless
 * it was handed back.
 *
 * Events: `line` (without CR LF; text decoded), `error` (RelayError; only while somebody listens), `end`, `close`,
 * `drain`, `secure`. Two rules that hmail depends on: no event comes out of a call of `write`, and `writable` stays
 * true until `error` or `end`, because hmail answers a reply by two actions, of which a dead socket would repeat one.
 */
import { EventEmitter } from 'node:events'
import { fromBytes } from '../core/byte-string.js'
import { presentedLines, type Reply } from '../core/reply.js'
import { BodyEnd, type PipedSource } from './body-end.js'
import { DeliveryDialogue, type DialogueOptions } from './delivery-dialogue.js'
import type { Handshake } from './handshake.js'
import type { Progress } from './message-phase.js'
import type { RelayConnection } from './relay-connection.js'
import { RelayError } from './relay-error.js'
import type { Recipient } from './transaction.js'
import type { SecureCallback, TlsOptions, WriteCallback } from './wire.js'

export interface DeliverySocketOptions extends DialogueOptions {
  /** For Haraka's debug log. */
  readonly name: string
}

/** A command line that is longer ends the delivery. */
const MAX_COMMAND_BYTES = 64 * 1024

/** The usual command: its bytes are its characters. */
const ASCII = /^[ -~\r\n]*$/

// Where JavaScript's `.` ends a match in hmail's pattern for reply lines.
const LINE_BREAK = /[\u0085\u2028\u2029]/g

/** A reply that is presented with every message of a connection is brought into its form once. */
const known = new WeakMap<Reply, readonly string[]>()

function linesFor(reply: Reply): readonly string[] {
  if (reply.lines.length === 1) return presentedLines(reply).map(asText)
  let lines = known.get(reply)
  if (!lines) {
    lines = presentedLines(reply).map(asText)
    known.set(reply, lines)
  }
  return lines
}

function asText(line: string): string {
  return ASCII.test(line) ? line : fromBytes(line).replace(LINE_BREAK, ' ')
}

type DestroyableSource = PipedSource & {
  destroy?: () => unknown
  once?: (event: 'error', listener: () => void) => unknown
}

export class DeliverySocket extends EventEmitter {
  readonly name: string
  /** hmail sets it, too. */
  writable = true
  readonly #connection: RelayConnection
  readonly #dialogue: DeliveryDialogue
  readonly #handshake: Handshake
  #over = false
  /** The connection may be another delivery's. */
  #handedBack = false
  #commandBytes = ''
  #body: BodyEnd | undefined
  #bodyTo: 'wire' | 'nowhere' = 'nowhere'
  #source: DestroyableSource | undefined
  #needDrain = false

  constructor(connection: RelayConnection, options: DeliverySocketOptions) {
    super()
    this.name = options.name
    this.#connection = connection
    this.#handshake = options.handshake
    this.#dialogue = new DeliveryDialogue(connection, options, {
      present: (reply) => this.#present(reply),
      bodyBegins: (to) => this.#bodyBegins(to),
      ended: () => this.#ended(),
      handedBack: () => (this.#handedBack = true),
    })
    connection.attach({
      failed: (error) => (this.#dialogue.quitting ? this.#ended() : this.#failed(error)),
      drained: () => this.#drained(),
    })
    // body-end.ts needs the stream's end.
    this.on('pipe', (source: DestroyableSource) => {
      // hmail only logs it, and the server would wait for the rest of the message until its reply is overdue.
      source.once?.('error', () => {
        if (!this.#handedBack) this.#connection.abort('the queue file cannot be read')
      })
      this.#source = source
    })
    this.#dialogue.begin()
  }

  /** What was said of each recipient, really and to Haraka. */
  get recipients(): readonly Readonly<Recipient>[] {
    return this.#dialogue.recipients
  }

  /** A text of the conversation, a byte string, with the return path that Haraka knows. */
  inItsWords(text: string): string {
    return this.#dialogue.address?.hidden(text) ?? text
  }

  /** How far the message is. */
  get progress(): Progress {
    return this.#dialogue.progress
  }

  /** For `pipe`: the last write asked for a pause. */
  get writableNeedDrain(): boolean {
    return this.#needDrain
  }

  /** Never throws; after the end of the delivery what is written is swallowed. */
  write(data: string | Uint8Array, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean {
    const code = typeof encoding === 'string' ? encoding : 'utf8'
    const done = typeof encoding === 'function' ? encoding : callback
    if (this.#body && !this.#over) {
      return this.#writeBody(this.#body, typeof data === 'string' ? Buffer.from(data, code) : data, done)
    }
    if (done) queueMicrotask(() => done())
    if (this.#over || this.#handedBack) return true
    if (typeof data !== 'string') this.#writeCommands(Buffer.from(data).toString('latin1'))
    else this.#writeCommands(ASCII.test(data) ? data : Buffer.from(data, code).toString('latin1'))
    return true
  }

  /** hmail gives up: half-closes. */
  end(): this {
    if (!this.#handedBack) this.#connection.finish('ended by Haraka')
    return this
  }

  /** Idempotent. */
  destroy(): this {
    this.#over = true
    this.writable = false
    this.#source?.destroy?.()
    if (!this.#handedBack) this.#connection.destroy('released by Haraka')
    return this
  }

  upgrade(options: TlsOptions, callback?: SecureCallback): void {
    if (this.#handedBack) return
    const secured: SecureCallback = (...result) => {
      if (this.#over) return
      callback?.(...result)
      this.#tell('secure')
    }
    if (this.#dialogue.tlsPlayed) queueMicrotask(() => secured(...(this.#handshake.tls ?? [this.#connection.secure])))
    else {
      this.#connection.upgrade(options, (...result) => {
        this.#handshake.tls = result
        this.#dialogue.tlsStarted()
        secured(...result)
      })
    }
  }

  /** Deadlines are kept by the connection, for each reply: hmail's are not needed. */
  setTimeout(): this {
    return this
  }

  isEncrypted(): boolean {
    return this.#connection.encrypted
  }

  isSecure(): boolean {
    return this.#connection.secure
  }

  #writeCommands(bytes: string): void {
    // hmail writes one whole command at a time.
    if (this.#commandBytes === '' && bytes.indexOf('\r') === bytes.length - 2 && bytes.endsWith('\n')) {
      this.#writeCommand(bytes.slice(0, -2))
      return
    }
    const lines = (this.#commandBytes + bytes).split('\r\n')
    this.#commandBytes = lines.pop() ?? ''
    if (this.#commandBytes.length > MAX_COMMAND_BYTES) this.#connection.abort('a command without an end is not sent')
    for (const line of lines) this.#writeCommand(line)
  }

  #writeCommand(line: string): void {
    // A bare line end within a command would be the end of it to some servers.
    if (/[\r\n\0]/.test(line)) this.#connection.abort('a command with a line end in it is not sent')
    else this.#dialogue.command(line)
  }

  #bodyBegins(to: 'wire' | 'nowhere'): void {
    this.#body = new BodyEnd()
    this.#bodyTo = to
    this.#source = undefined
  }

  #writeBody(body: BodyEnd, bytes: Uint8Array, done: WriteCallback | undefined): boolean {
    if (done) queueMicrotask(() => done())
    const ending = body.endedBy(bytes, this.#source)
    if (ending === undefined && this.#bodyTo === 'wire') {
      const more = this.#connection.writeBody(bytes)
      this.#needDrain = !more
      return more
    }
    if (ending !== undefined) {
      this.#body = undefined
      this.#source = undefined
      this.#dialogue.endOfBody(ending)
    }
    return true
  }

  #present(reply: Reply): void {
    for (const line of linesFor(this.#dialogue.address?.hiddenIn(reply) ?? reply)) this.#tell('line', line)
  }

  #drained(): void {
    if (!this.#needDrain) return
    this.#needDrain = false
    this.#tell('drain')
  }

  #ended(): void {
    if (this.#over) return
    this.#tell('end')
    this.#tell('close', false)
    this.#over = true
    this.writable = false
  }

  #failed(error: RelayError): void {
    if (this.#over) return
    this.writable = false
    this.#body = undefined
    // hmail leaves its file stream open on an error: it would stay paused for good.
    this.#source?.destroy?.()
    // It may quote the relay server.
    const told = new RelayError(this.inItsWords(error.message), error.source)
    if (this.listenerCount('error') > 0) this.#tell('error', told)
    this.#tell('end')
    this.#tell('close', true)
    this.#over = true
  }

  #tell(event: string, ...args: unknown[]): void {
    if (!this.#over) this.emit(event, ...args)
  }
}
