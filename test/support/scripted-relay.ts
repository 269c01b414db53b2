/**
 * A relay server for tests: a real SMTP or LMTP server on 127.0.0.1 that says at each stage what the test wants, and
 * records what it got.
 *
 *   const relay = await startScriptedRelay({ rcpt: { 'bob@example.com': '450 4.2.1 later' }, starttls: true })
 *   … deliver to relay.port …
 *   await relay.waitFor(1)
 *   relay.messages[0].rcptTo; relay.connections[0].commands; relay.maxOpen
 *   await relay.close()
 *
 * Each stage takes an Answer: a reply (`'550 5.1.1 no'`, several lines separated by CR LF or LF), an object that also
 * closes, resets, waits or sends raw bytes, or a function of the request that gives one of these (undefined: the
 * default). It is a strict server: RCPT before MAIL, DATA without an accepted RCPT and AUTH in the wrong place are 503.
 */
import net from 'node:net'
import tls from 'node:tls'
import { checkAuth } from './scripted-auth.js'
import { DotReader, joinedWriter, pacedSocket, type PacketMode } from './scripted-wire.js'
import { TEST_CERTIFICATE, TEST_KEY, WRONG_CERTIFICATE, WRONG_KEY } from './test-certificate.js'

export interface AnswerObject {
  /** One reply; CR LF is added. */
  reply?: string
  /** Bytes to send as they stand (latin1), instead of or after `reply`: garbage, several replies, half a line. */
  raw?: string
  /** What happens after that: FIN, or RST. */
  then?: 'close' | 'reset'
  /** Nothing is sent before this settles. */
  after?: Promise<unknown>
  /** Say nothing at all. */
  silent?: boolean
  /** To QUIT: this side of the connection is never closed. */
  stay?: boolean
  /** How its bytes go out, in place of the server's `packets`. */
  packets?: PacketMode
  /** Nothing that comes after it is read as anything. */
  deaf?: boolean
  /** To the end of data: the server has taken the message, whatever it says. */
  taken?: boolean
}

/** What is wrong with the server's part of a TLS handshake. */
export interface HandshakeFault {
  /** Said when the client has begun it, in place of that part. */
  instead?: PlainAnswer
  packets?: PacketMode
  wrongCertificate?: boolean
  /** Bytes that are sent under TLS as soon as that is on. */
  first?: string
}

export interface RelayRequest {
  /** The command line without CR LF; '' for the greeting, '.' for end of data. */
  readonly command: string
  /** The bare address of MAIL or RCPT; '' elsewhere. */
  readonly address: string
  readonly connection: RelayConnectionRecord
  /** How many times this stage was reached before, in all connections. */
  readonly nth: number
  /** The reply that the server gives when it is not told otherwise, without its last CR LF. */
  readonly standard: string
}

export type PlainAnswer = string | AnswerObject | undefined
export type Answer = PlainAnswer | ((request: RelayRequest) => PlainAnswer)

export interface ScriptedRelayOptions {
  greeting?: Answer
  /** The EHLO (LHLO) keywords instead of the default ones, or a whole answer. */
  ehlo?: string[] | Answer
  helo?: Answer
  /** Offer STARTTLS; an Answer replaces its reply (TLS then starts only when there is a 220 in it). */
  starttls?: boolean | Answer
  handshake?: (connection: RelayConnectionRecord) => HandshakeFault | undefined
  /** TLS from the first byte. */
  implicitTls?: boolean
  auth?: { user: string; pass: string; mechanisms?: readonly ('PLAIN' | 'LOGIN' | 'CRAM-MD5')[] }
  /** Replaces the last reply of an AUTH exchange. */
  authReply?: Answer
  /** MAIL gets 530 before AUTH. */
  authRequired?: boolean
  mail?: Answer
  /** By bare address, or one for all. */
  rcpt?: Answer | { readonly byAddress: Readonly<Record<string, Answer>> }
  data?: Answer
  /** With LMTP once per accepted recipient: `request.address` is that recipient. */
  endOfData?: Answer
  rset?: Answer
  quit?: Answer
  lmtp?: boolean
  /** `bytes`: every byte in a packet of its own; `joined`: all replies due at one time in one packet. */
  packets?: PacketMode
  /** Called with the body bytes so far, so that a test can act in the middle of a body. */
  onBody?: (bytesSoFar: number, connection: RelayConnectionRecord) => PlainAnswer
  /** Called with each message that is accepted. No message's `data` is kept after that: for runs with very many. */
  onAccepted?: (message: RelayMessage) => void
  /** Read the body only after this settles: backpressure. */
  readBodyAfter?: Promise<unknown>
  host?: string
  /** Listen on this port; else on any that is free. */
  port?: number
}

export interface RelayConnectionRecord {
  readonly id: number
  /** Every command line in order, AUTH continuations too; '.' for an end of data. */
  readonly commands: string[]
  tls: boolean
  /** The name that the client gave with TLS (SNI); undefined: none. */
  serverName: string | undefined
  /** User name of a successful AUTH. */
  authenticatedAs: string | undefined
  open: boolean
  /** Who ended it. */
  ended: 'quit' | 'client' | 'relay' | undefined
  /** Body bytes received by DATA that was never finished, after the connection was closed. */
  unfinishedBody: number | undefined
  /** Ends this connection now. */
  drop(how?: 'close' | 'reset'): void
  /** Sends raw bytes now. */
  send(raw: string): void
  /** Says something that nobody asked for. */
  say(answer: PlainAnswer): void
}

export interface RelayMessage {
  /** Bare address; '' for the null return path. */
  readonly mailFrom: string
  /** What followed the address in MAIL, `SIZE=10 SMTPUTF8`. */
  readonly mailParameters: string
  /** Accepted recipients, bare addresses, in order. With LMTP those whose end-of-data reply was 2xx. */
  readonly rcptTo: readonly string[]
  /** The message, dot-unstuffed, with the CR LF before the dot. */
  readonly data: Buffer
  readonly connection: RelayConnectionRecord
  /** How many commands had come over the connection when its end of data was answered, that included. */
  readonly commandsBefore: number
}

export interface ScriptedRelay {
  readonly host: string
  readonly port: number
  /** Messages whose end of data got 2xx, in order. */
  readonly messages: readonly RelayMessage[]
  /** Messages whose end of data got something else. */
  readonly refused: readonly RelayMessage[]
  readonly connections: readonly RelayConnectionRecord[]
  readonly openNow: number
  readonly maxOpen: number
  /** Settles when `count` messages have been accepted. */
  waitFor(count: number): Promise<void>
  /** Settles when `condition` holds; looked at after every command, message, open and close. */
  until(condition: () => boolean): Promise<void>
  /** Changes answers for what comes. */
  set(options: Partial<ScriptedRelayOptions>): void
  /** Refuses new connections; those that there are go on. */
  refuse(): void
  close(): Promise<void>
}

export async function startScriptedRelay(options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
  const relay = new Relay({ ...options })
  await relay.listen()
  return relay
}

const EMPTY = Buffer.alloc(0)

const BYE = '221 2.0.0 bye'
const DEFAULT_KEYWORDS = ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SMTPUTF8']

class Relay implements ScriptedRelay {
  readonly host: string
  readonly messages: RelayMessage[] = []
  readonly refused: RelayMessage[] = []
  readonly connections: RelayConnectionRecord[] = []
  readonly options: ScriptedRelayOptions
  readonly counts = new Map<string, number>()
  readonly sockets = new Set<net.Socket>()
  openNow = 0
  maxOpen = 0
  port = 0
  private readonly server: net.Server
  private watchers: { condition: () => boolean; resolve: () => void }[] = []

  constructor(options: ScriptedRelayOptions) {
    this.options = options
    this.host = options.host ?? '127.0.0.1'
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      new Conversation(this, socket).start()
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(this.options.port ?? 0, this.host, resolve)
    })
    this.port = (this.server.address() as net.AddressInfo).port
  }

  set(options: Partial<ScriptedRelayOptions>): void {
    Object.assign(this.options, options)
  }

  waitFor(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count)
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => this.watchers.push({ condition, resolve }))
  }

  changed(): void {
    const due = this.watchers.filter((watcher) => watcher.condition())
    this.watchers = this.watchers.filter((watcher) => !due.includes(watcher))
    for (const watcher of due) watcher.resolve()
  }

  count(stage: string): number {
    const before = this.counts.get(stage) ?? 0
    this.counts.set(stage, before + 1)
    return before
  }

  refuse(): void {
    this.server.close()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }
}

/** `counts`: what the answer means for the server's own state. */
type Settled = Required<Pick<AnswerObject, 'reply' | 'raw'>> & Omit<AnswerObject, 'reply' | 'raw'> & { counts: string }

/** One connection: lines in, answers out, strictly in turn even when an answer has to wait. */
class Conversation {
  private readonly relay: Relay
  private readonly record: RelayConnectionRecord
  private readonly transport: net.Socket
  private socket: net.Socket
  private input: Buffer = Buffer.alloc(0)
  private work: Promise<void> = Promise.resolve()
  private body: DotReader | undefined
  private auth: ReturnType<typeof checkAuth> | undefined
  private helloed = false
  private stays = false
  private deaf = false
  private mailFrom: string | undefined
  private mailParameters = ''
  private rcptTo: string[] = []
  private write: (bytes: Buffer) => Promise<void>

  constructor(relay: Relay, socket: net.Socket) {
    this.relay = relay
    this.transport = socket
    this.socket = socket
    this.write = joinedWriter(socket, relay.options.packets ?? 'plain')
    this.record = {
      id: relay.connections.length,
      commands: [],
      tls: false,
      serverName: undefined,
      authenticatedAs: undefined,
      open: true,
      ended: undefined,
      unfinishedBody: undefined,
      drop: (how = 'close') => this.end('relay', how),
      send: (raw) => {
        this.socket.write(Buffer.from(raw, 'latin1'))
      },
      say: (answer) => this.then(() => this.say(settle(answer, ''))),
    }
  }

  start(): void {
    this.relay.connections.push(this.record)
    this.relay.openNow += 1
    this.relay.maxOpen = Math.max(this.relay.maxOpen, this.relay.openNow)
    this.relay.changed()
    const raw = this.socket
    raw.setNoDelay(true)
    raw.on('error', () => undefined)
    raw.on('close', () => this.gone('client'))
    if (this.relay.options.implicitTls === true) this.startTls()
    else this.listen()
    this.then(() => this.answer('greeting', '', '', '220 relay.test ESMTP ready'))
  }

  private listen(): void {
    this.socket.on('data', (data: Buffer) => {
      if (this.deaf) return
      this.input = Buffer.concat([this.input, data])
      this.then(() => this.consume())
    })
    this.socket.on('end', () => {
      if (!this.stays) this.gone('client')
    })
  }

  private startTls(): void {
    const plain = this.socket
    plain.removeAllListeners('data')
    plain.removeAllListeners('end')
    this.input = Buffer.alloc(0)
    const { instead, packets, wrongCertificate, first } = this.relay.options.handshake?.(this.record) ?? {}
    if (instead !== undefined) {
      plain.once('data', () => this.then(() => this.say(settle(instead, ''))))
      plain.on('end', () => this.gone('client'))
      return
    }
    const secure = new tls.TLSSocket(packets ? pacedSocket(plain, packets) : plain, {
      isServer: true,
      ...(wrongCertificate ? { key: WRONG_KEY, cert: WRONG_CERTIFICATE } : { key: TEST_KEY, cert: TEST_CERTIFICATE }),
    })
    secure.on('error', () => undefined)
    secure.on('secure', () => {
      this.record.tls = true
      if (first !== undefined) this.record.send(first)
      const { servername } = secure as { servername?: string | false }
      this.record.serverName = servername === false ? undefined : servername
    })
    this.socket = secure
    this.write = joinedWriter(secure, this.relay.options.packets ?? 'plain')
    this.listen()
  }

  private then(step: () => Promise<unknown>): void {
    this.work = this.work.then(async () => {
      if (this.record.ended === undefined) await step()
    })
  }

  private async consume(): Promise<void> {
    while (this.input.length > 0 && this.record.ended === undefined && !this.deaf) {
      if (this.body) {
        if (!(await this.consumeBody(this.body))) return
        continue
      }
      const end = this.input.indexOf('\r\n')
      if (end < 0) return
      const line = this.input.subarray(0, end).toString('latin1')
      this.input = this.input.subarray(end + 2)
      this.record.commands.push(line)
      this.relay.changed()
      await this.command(line)
    }
  }

  private async consumeBody(body: DotReader): Promise<boolean> {
    const { readBodyAfter } = this.relay.options
    if (readBodyAfter && body.bytes === 0) {
      this.socket.pause()
      await readBodyAfter
      this.socket.resume()
    }
    const rest = body.push(this.input)
    this.input = rest ?? Buffer.alloc(0)
    if (rest) {
      this.body = undefined
      this.record.commands.push('.')
      await this.endOfData(body.message())
      return true
    }
    const answer = this.relay.options.onBody?.(body.bytes, this.record)
    if (answer !== undefined) await this.say(settle(answer, ''))
    return false
  }

  private async command(line: string): Promise<void> {
    if (this.auth) return this.authStep(line, this.auth.next(line))
    const verb = (/^[A-Za-z]+/.exec(line)?.[0] ?? '').toUpperCase()
    const options = this.relay.options
    switch (verb) {
      case 'EHLO':
      case 'LHLO':
        this.helloed = true
        if ((verb === 'LHLO') !== (options.lmtp === true)) return this.say(settle('500 5.5.1 wrong protocol', ''))
        return this.ehlo(line)
      case 'HELO':
        this.helloed = true
        await this.answer('helo', line, '', '250 relay.test')
        return
      case 'STARTTLS':
        return this.starttls(line)
      case 'AUTH':
        return this.startAuth(line)
      case 'MAIL':
        return this.mail(line)
      case 'RCPT':
        return this.rcpt(line)
      case 'DATA':
        return this.data(line)
      case 'RSET':
        if ((await this.answer('rset', line, '', '250 2.0.0 reset')).startsWith('2')) this.clear()
        return
      case 'NOOP':
        return this.say(settle('250 2.0.0 ok', ''))
      case 'QUIT':
        return this.quit(line)
      default:
        return this.say(settle('500 5.5.2 unknown command', ''))
    }
  }

  private async quit(line: string): Promise<void> {
    const answer = settle(this.resolve('quit', this.relay.options.quit, line, '', BYE), BYE)
    await this.say(answer)
    if (answer.stay === true) this.stays = true
    else this.end('quit', 'close')
  }

  private async ehlo(line: string): Promise<void> {
    const { options } = this.relay
    const keywords = [...(Array.isArray(options.ehlo) ? options.ehlo : DEFAULT_KEYWORDS)]
    if (options.starttls !== undefined && options.starttls !== false && !this.record.tls) keywords.push('STARTTLS')
    if (options.auth) keywords.push(`AUTH ${(options.auth.mechanisms ?? ['PLAIN', 'LOGIN', 'CRAM-MD5']).join(' ')}`)
    const lines = ['relay.test greets you', ...keywords]
    const standard = lines.map((text, i) => `250${i === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n')
    if (Array.isArray(options.ehlo)) await this.say(settle(standard, ''))
    else await this.answer('ehlo', line, '', standard)
  }

  private async starttls(line: string): Promise<void> {
    const scripted = this.relay.options.starttls
    const own = scripted === true || scripted === undefined || scripted === false ? undefined : scripted
    const standard = '220 2.0.0 go ahead'
    const answer = settle(this.resolve('starttls', own, line, '', standard), standard)
    const spoken = answer.silent !== true && answer.then === undefined
    const start = spoken && /^220( .*)?$/m.test(answer.counts)
    // The key exchange must find our data listener gone before the client's first TLS record arrives.
    await this.say(answer, start ? () => this.startTls() : undefined)
  }

  private async startAuth(line: string): Promise<void> {
    if (!this.relay.options.auth) return this.say(settle('503 5.5.1 AUTH not available', ''))
    this.auth = checkAuth(this.relay.options.auth)
    await this.authStep(line, this.auth.start(line))
  }

  private async authStep(line: string, step: { reply: string; user?: string }): Promise<void> {
    if (step.reply.startsWith('3')) return this.say(settle(step.reply, ''))
    this.auth = undefined
    const reply = await this.answer('authReply', line, '', step.reply)
    if (reply.startsWith('2')) this.record.authenticatedAs = step.user
  }

  private async mail(line: string): Promise<void> {
    const { address, parameters } = path(line)
    let standard = '250 2.1.0 sender ok'
    if (!this.helloed || this.mailFrom !== undefined) standard = '503 5.5.1 bad sequence of commands'
    else if (this.relay.options.authRequired === true && this.record.authenticatedAs === undefined)
      standard = '530 5.7.0 authentication required'
    if ((await this.answer('mail', line, address, standard)).startsWith('2')) {
      this.mailFrom = address
      this.mailParameters = parameters
      this.rcptTo = []
    }
  }

  private async rcpt(line: string): Promise<void> {
    const { address } = path(line)
    if (this.mailFrom === undefined) return this.say(settle('503 5.5.1 MAIL first', ''))
    const scripted = this.relay.options.rcpt
    const own =
      typeof scripted === 'object' && 'byAddress' in scripted ? scripted.byAddress[address.toLowerCase()] : scripted
    const standard = '250 2.1.5 recipient ok'
    const answer = settle(this.resolve('rcpt', own, line, address, standard), standard)
    if (answer.counts.startsWith('2')) this.rcptTo.push(address)
    await this.say(answer)
  }

  private async data(line: string): Promise<void> {
    const standard = this.rcptTo.length > 0 ? '354 end with <CRLF>.<CRLF>' : '503 5.5.1 no valid recipients'
    const answer = settle(this.resolve('data', this.relay.options.data, line, '', standard), standard)
    if (answer.counts.startsWith('354')) this.body = new DotReader()
    await this.say(answer)
  }

  private async endOfData(data: Buffer): Promise<void> {
    const standard = '250 2.0.0 queued'
    const taken: string[] = []
    let late: Settled | undefined
    if (this.relay.options.lmtp === true) {
      for (const address of this.rcptTo)
        if ((await this.answer('endOfData', '.', address, standard)).startsWith('2')) taken.push(address)
    } else {
      const answer = settle(this.resolve('endOfData', this.relay.options.endOfData, '.', '', standard), standard)
      // Who takes a message and does not say so has taken it however that ends.
      if (answer.taken === true) late = answer
      else await this.say(answer)
      if (answer.counts.startsWith('2')) taken.push(...this.rcptTo)
    }
    const accepted = taken.length > 0
    const message: { -readonly [Key in keyof RelayMessage]: RelayMessage[Key] } = {
      mailFrom: this.mailFrom ?? '',
      mailParameters: this.mailParameters,
      rcptTo: accepted ? taken : [...this.rcptTo],
      data,
      connection: this.record,
      commandsBefore: this.record.commands.length,
    }
    this.clear()
    const { onAccepted } = this.relay.options
    if (accepted) onAccepted?.(message)
    if (onAccepted) message.data = EMPTY
    ;(accepted ? this.relay.messages : this.relay.refused).push(message)
    this.relay.changed()
    if (late) await this.say(late)
  }

  private clear(): void {
    this.mailFrom = undefined
    this.rcptTo = []
  }

  private resolve(stage: string, own: Answer, command: string, address: string, standard: string): PlainAnswer {
    const nth = this.relay.count(stage)
    return typeof own === 'function' ? own({ command, address, connection: this.record, nth, standard }) : own
  }

  /** Says what the option of that name wants, or the standard reply; gives the reply that went out. */
  private async answer(
    stage: 'greeting' | 'helo' | 'ehlo' | 'mail' | 'endOfData' | 'rset' | 'authReply',
    command: string,
    address: string,
    standard: string,
  ): Promise<string> {
    const answer = settle(
      this.resolve(stage, this.relay.options[stage] as Answer, command, address, standard),
      standard,
    )
    await this.say(answer)
    return answer.counts
  }

  private async say(answer: Settled, afterWrite?: () => void): Promise<void> {
    await answer.after
    if (this.record.ended !== undefined) return
    if (answer.deaf === true) this.deaf = true
    if (answer.silent !== true) {
      const text = answer.reply === '' ? '' : `${answer.reply.split(/\r?\n/).join('\r\n')}\r\n`
      const bytes = Buffer.from(text + answer.raw, 'latin1')
      const mode = answer.packets ?? this.relay.options.packets ?? 'plain'
      const write = answer.packets ? joinedWriter(this.socket, mode) : this.write
      const written = bytes.length > 0 ? write(bytes) : Promise.resolve()
      if (mode !== 'bytes') afterWrite?.()
      await written
      if (mode === 'bytes') afterWrite?.()
    }
    if (answer.then) this.end('relay', answer.then)
  }

  private end(who: 'quit' | 'relay', how: 'close' | 'reset'): void {
    this.gone(who)
    if (how === 'reset') {
      // Under TLS it is the connection beneath that can be reset.
      this.transport.resetAndDestroy()
      this.socket.destroy()
    } else setImmediate(() => this.socket.end()) // after the replies that are due in this turn
  }

  private gone(who: 'quit' | 'client' | 'relay'): void {
    if (!this.record.open) return
    this.record.open = false
    this.record.ended = who
    if (this.body) this.record.unfinishedBody = this.body.bytes
    this.relay.openNow -= 1
    this.relay.changed()
    if (who === 'client') this.socket.end()
  }
}

function settle(answer: PlainAnswer, standard: string): Settled {
  if (answer === undefined) return { reply: standard, raw: '', counts: standard }
  if (typeof answer === 'string') return { reply: answer, raw: '', counts: answer }
  const replaced = answer.raw !== undefined || answer.then !== undefined || answer.silent === true
  const reply = answer.reply ?? (replaced ? '' : standard)
  const raw = answer.raw ?? ''
  return { ...answer, reply, raw, counts: answer.silent === true || answer.taken === true ? standard : reply || raw }
}

function path(line: string): { address: string; parameters: string } {
  const match = /^[^:]*:\s*<([^>]*)>\s*(.*)$/.exec(line)
  return { address: match?.[1] ?? '', parameters: match?.[2] ?? '' }
}
