/**
 * Runs Haraka's own delivery state machine (outbound/hmail, `try_deliver_host_on_socket`) over a delivery socket and a
 * real connection, without the rest of Haraka: what it does with the message is recorded instead of done.
 */
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import tls from 'node:tls'
import type { Clock } from '../../lib/core/clock.js'
import { DeliverySocket } from '../../lib/relay/delivery-socket.js'
import type { TlsMode } from '../../lib/relay/delivery-dialogue.js'
import type { ConnectionClosed } from '../../lib/relay/connection-options.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import type { ReplyEvent, RewriteEvent } from '../../lib/relay/relay-observer.js'
import { soloDelivery } from './solo-delivery.js'
import type { Wire } from '../../lib/relay/wire.js'

const load = createRequire(__filename)
const HMailItem = load('haraka/outbound/hmail') as { prototype: object }
const { Address } = load('@haraka/email-address') as { Address: new (address: string) => object }
const haraka = load('haraka/tls_socket') as {
  connect(options: object): Wire & { targetsocket: { setNoDelay(on: boolean): void } }
}
const outboundTls = load('haraka/outbound/tls') as { cfg: object }

export type Script = (command: string, fullResponse: string, lastLine: string) => string | undefined

export interface DriveOptions {
  port: number
  /** ReturnCodeHandler; none: the replies are not asked about. */
  script?: Script
  from?: string
  to?: readonly string[]
  body?: Iterable<Buffer>
  tls?: TlsMode
  forceTls?: boolean
  auth?: { user: string; pass: string; type?: string }
  authPlaintext?: boolean
  lmtp?: boolean
  pipelined?: boolean
  allowLosingRewrites?: boolean
  verifyCertificate?: boolean
  clock?: Clock
  replyTimeoutMs?: number
  /** Called when the delivery has begun. */
  begun?: (drive: Drive) => void
  greeted?: () => Promise<unknown>
}

/** What hmail decided. */
export interface Outcome {
  kind: 'delivered' | 'deferred' | 'bounced' | 'next relay server'
  /** Addresses concerned; all of the item where hmail names none. */
  to: string[]
  why: string
}

export interface Drive {
  readonly outcomes: Outcome[]
  /** Every call of ReturnCodeHandler: last command and full response. */
  readonly asked: [string, string][]
  readonly rewritten: RewriteEvent[]
  readonly warnings: string[]
  readonly replied: ReplyEvent[]
  readonly connection: RelayConnection
  readonly socket: DeliverySocket
  readonly secured: { verified: boolean }[]
  /** Every log line of hmail. */
  readonly logged: string[]
  closed: ConnectionClosed
}

const TO = ['bob@example.com']

const BODY = [Buffer.from('Subject: test\r\n\r\nHello\r\n')]

/** hmail uses STARTTLS where it is offered, but not with these hosts. */
export function allowTls(butNotWith: readonly string[] = []): void {
  outboundTls.cfg = { redis: {}, no_tls_hosts: butNotWith, force_tls_hosts: [], rejectUnauthorized: false }
}

/** Settles when the connection is closed. */
export async function drive(options: DriveOptions): Promise<Drive> {
  allowTls()
  const wire = await (options.tls === 'implicit' ? connectTls(options.port) : connectPlain(options.port))
  const asked: Drive['asked'] = []
  const rewritten: RewriteEvent[] = []
  const warnings: string[] = []
  const replied: ReplyEvent[] = []
  const observer = {
    wantsReplies: () => options.script !== undefined,
    returnCode: async (command: string, full: string, last: string) => {
      asked.push([command, full])
      // A script's answer takes a turn of the event loop at least.
      await new Promise((resolve) => setImmediate(resolve))
      return options.script?.(command, full, last)
    },
    rewritten: (event: RewriteEvent) => rewritten.push(event),
    warning: (sentence: string) => warnings.push(sentence),
    replied: (event: ReplyEvent) => replied.push(event),
    ...(options.greeted ? { greeted: options.greeted } : {}),
  }
  const verify = options.verifyCertificate
  const connection = new RelayConnection(wire, {
    observer,
    allowLosingRewrites: options.allowLosingRewrites ?? true,
    forceTls: options.forceTls ?? false,
    verifyCertificate: () => verify,
    secrets: options.auth ? [options.auth.user, options.auth.pass] : [],
    replyTimeoutMs: options.replyTimeoutMs ?? 20_000,
    ...(options.clock ? { clock: options.clock } : {}),
  })
  const socket = new DeliverySocket(connection, {
    ...soloDelivery((mailLine) => ({
      mailLine,
      rcptLines: (options.to ?? TO).map((address) => `RCPT TO:<${address}>`),
      pipelined: options.pipelined ?? false,
    })),
    name: 'test',
    observer,
    tls: options.tls ?? 'available',
    authPlaintext: options.authPlaintext ?? false,
    requireAuth: options.auth !== undefined,
  })
  const { hmail, outcomes, logged, secured } = recordingItem(options)
  const mx = {
    exchange: 'localhost',
    port: options.port,
    bind_helo: 'client.test',
    using_lmtp: options.lmtp ?? false,
    ...(options.auth
      ? { auth_user: options.auth.user, auth_pass: options.auth.pass, auth_type: options.auth.type }
      : {}),
  }
  const result: Drive = {
    outcomes,
    asked,
    rewritten,
    warnings,
    replied,
    connection,
    socket,
    secured,
    logged,
    closed: { why: '', failed: false },
  }
  hmail.try_deliver_host_on_socket(mx, 'localhost', options.port, socket)
  options.begun?.(result)
  result.closed = await connection.closed
  return result
}

export interface Item {
  try_deliver_host_on_socket(mx: object, host: string, port: number, socket: DeliverySocket): void
}

/** An item of which what hmail does with it is recorded instead of done. */
export function recordingItem(options: Omit<DriveOptions, 'port'>): {
  hmail: Item
  outcomes: Outcome[]
  logged: string[]
  secured: Drive['secured']
} {
  const outcomes: Outcome[] = []
  const logged: string[] = []
  const secured: Drive['secured'] = []
  const to = (options.to ?? TO).map((address) => new Address(`<${address}>`))
  const all = to.map(bare)
  const log = (...parts: unknown[]): void => void logged.push(parts.map(String).join(' '))
  const note = (kind: Outcome['kind'], whom: string[], why: unknown): void =>
    void outcomes.push({ kind, to: whom, why: String(why) })
  const methods = {
    todo: { rcpt_to: to, mail_from: new Address(`<${options.from ?? 'alice@example.com'}>`), domain: 'example.com' },
    force_tls: options.forceTls ?? false,
    refcount: 1,
    loginfo(text: unknown, fields?: { verified: boolean }) {
      if (text === 'secured' && fields) secured.push(fields)
      log(text)
    },
    data_stream: () => Readable.from(options.body ?? BODY, { objectMode: false }),
    discard: () => undefined,
    try_deliver: () => note('next relay server', all, ''),
    temp_fail: (why: unknown) => note('deferred', all, why),
    bounce: (why: unknown) => note('bounced', all, why),
    delivered: (...args: unknown[]) => note('delivered', (args[5] as object[]).map(bare), args[4]),
    split_to_new_recipients(some: object[], _why: string, done: (item: object) => void) {
      done({
        temp_fail: () => note('deferred', some.map(bare), reasons(some)),
        bounce: () => note('bounced', some.map(bare), reasons(some)),
      })
    },
  }
  const logs = Object.fromEntries(
    ['logdebug', 'lognotice', 'logwarn', 'logerror', 'logcrit', 'logprotocol', 'logdata'].map((name) => [name, log]),
  )
  const own = Object.fromEntries(
    Object.entries({ ...methods, ...logs }).map(([name, value]) => [name, { value, writable: true }]),
  )
  return { hmail: Object.create(HMailItem.prototype, own) as Item, outcomes, logged, secured }
}

function bare(address: object): string {
  return (address as { address: string }).address
}

function reasons(some: object[]): string {
  return some.map((address) => (address as { reason: string }).reason).join('; ')
}

export function connectPlain(port: number): Promise<Wire> {
  const wire = haraka.connect({ port, host: '127.0.0.1' })
  return new Promise((resolve, reject) => {
    wire.once('connect', () => {
      wire.targetsocket.setNoDelay(true)
      resolve(wire)
    })
    wire.once('error', reject)
  })
}

function connectTls(port: number): Promise<Wire> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const wire = Object.assign(socket, {
    upgrade: () => undefined,
    isEncrypted: () => true,
    isSecure: () => socket.authorized,
  })
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(wire))
    socket.once('error', reject)
  })
}
