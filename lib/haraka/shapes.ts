/**
 * The parts of Haraka's objects that the plugin uses, as Haraka 3.3 has them (outbound/hmail.js, todo.js,
 * client_pool.js, plugins.js, connection.js, transaction.js). `seam.ts` checks at start-up that they are there.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

import type { ConfigReader } from '../policy/config-reader.js'

/** Return values of hooks, from haraka-constants. */
export const CONT = 900
export const DENY = 902
export const DENYSOFT = 903
export const OK = 906
export const DELAY = 908

export type Next = (code?: number, value?: unknown) => void

export interface HarakaAddress {
  /** The local part; '' for the null sender. */
  readonly user: string
  /**
   * `user@host` without angle brackets, the host as it was written; '' for the null sender. In Haraka 3.3.0 a function that
   * also has the properties of that string.
   */
  readonly address: string
  /** `<user@host>`; with `ascii` an internationalised domain in its ASCII form. */
  format(ascii: boolean): string
  /** What was said of it last, as hmail writes it down for a DSN. */
  dsn_action?: string
  dsn_status?: string | undefined
  dsn_smtp_code?: string
  dsn_smtp_extc?: string | undefined
  dsn_smtp_response?: string | undefined
  /** Of Haraka itself, where there is no reply. */
  dsn_code?: number | undefined
  dsn_msg?: string | undefined
  /** The last refusal or deferral of it alone: code, enhanced code where there was one, text. */
  readonly reason?: string
}

/** In Haraka 3.3.0 a function that has the text as its string (asLegacy of @haraka/email-address). */
export type AddressText = string | (() => string)

/** A recipient of incoming mail (@haraka/email-address). */
export interface InboundAddress {
  /** The path as the client gave it. */
  original: string
  /** The local part. */
  readonly user: string
  /** The domain in lower case and ASCII form; '' for a bare `postmaster`. */
  readonly host: AddressText
  /** `user@host`, the host as it was written. */
  readonly address: AddressText
  /** Sets everything but `original` from a path; throws for what is none. */
  parse(path: string): void
}

/** One incoming message. */
export interface Transaction {
  readonly uuid: string
  readonly mail_from: Pick<InboundAddress, 'user' | 'address'>
  /** They go into the queue file. */
  readonly notes: Record<string, unknown>
}

/** A client's connection to Haraka. */
export interface HarakaConnection {
  /** The client may send to anybody: it has authenticated, say. */
  readonly relaying: boolean
  readonly remote: { readonly ip?: string }
  /** `auth_user`: who has logged in. */
  readonly notes: Readonly<Record<string, unknown>>
  readonly transaction: Transaction | null
}

export interface Todo {
  readonly queue_time: number
  readonly domain: string
  rcpt_to: HarakaAddress[]
  readonly mail_from: HarakaAddress
  readonly uuid: string
  /** The transaction's. */
  readonly notes?: Record<string, unknown>
}

/** Where hmail leaves recipients that it would split off. */
export interface HMailOutcome {
  temp_fail(reason: string, details?: object): void
  bounce(reason: string, details?: object): void
}

/** One item of Haraka's outbound queue. */
export interface HMail extends HMailOutcome {
  readonly todo: Todo
  readonly path: string
  readonly filename: string
  /** Offset of the message in the queue file. */
  data_start: number
  file_size: number
  num_failures: number
  next_cb: () => void
  mxlist: HarakaMx[]
  get_mx(): void
  get_mx_respond(code: number, answer: unknown): unknown
  found_mx(mxs: HarakaMx[]): unknown
  data_stream(): Readable
  try_deliver(): unknown
  get_force_tls(mx: HarakaMx): boolean
  /** What that said for the exchanger in use. */
  force_tls: boolean
  /** How many parts of it are not done yet. */
  refcount: number
  discard(): void
  /** Of a message that was a bounce itself: the file is removed. */
  double_bounce(error: string): void
  send_email_respond(code: number, delaySeconds: string): void
  lognotice(line: string): void
  logprotocol(line: string): void
  /** Answers the `deferred` hook. */
  deferred_respond(code: number, seconds: unknown, params: DeferredParams): unknown
  bounce_respond(code: number, message: unknown): void
  populate_bounce_message(
    from: unknown,
    to: unknown,
    reason: unknown,
    callback: (error: unknown, lines?: readonly string[]) => void,
  ): void
  split_to_new_recipients(recipients: HarakaAddress[], reason: string, callback: (item: HMailOutcome) => void): void
}

/** A mail exchanger or relay server as Haraka describes it. Symbol keys survive Haraka's copying of it. */
export interface HarakaMx {
  exchange?: string
  path?: string
  port?: number
  priority?: number
  bind?: string
  bind_helo?: string
  using_lmtp?: boolean
  auth_user?: string
  auth_pass?: string
  auth_type?: string
  from_dns?: string
  [mark: symbol]: unknown
}

/** What Haraka connects with: a plain socket that can be upgraded to TLS. */
export interface HarakaSocket extends EventEmitter {
  /** The TCP socket, or the TLS socket on top of it. */
  readonly targetsocket: Socket
  write(data: string | Uint8Array, encoding?: BufferEncoding, callback?: (error?: Error) => void): boolean
  end(): void
  destroy(): void
  upgrade(
    options: Readonly<Record<string, unknown>>,
    callback: (authorized: boolean, error?: unknown, certificate?: unknown, cipher?: unknown) => void,
  ): void
  setTimeout(ms: number): void
  isEncrypted(): boolean
  isSecure(): boolean
}

export type GetClientCallback = (error: unknown, socket: unknown) => void

export interface ClientPool {
  get_client(mx: HarakaMx, callback: GetClientCallback): void
  release_client(socket: unknown, mx: HarakaMx): void
}

type Log = (...data: unknown[]) => void

/** The plugin object that Haraka makes of our exports. */
export interface HarakaPlugin {
  readonly name: string
  /** Seconds until Haraka gives up on a hook of ours; 0 = never. */
  timeout: number
  readonly config: ConfigReader
  register_hook(hook: string, method: string, priority?: number): void
  haraka_require(path: string): unknown
  logdebug: Log
  loginfo: Log
  lognotice: Log
  logwarn: Log
  logerror: Log
  logcrit: Log
}

/** What the `deferred` hook is given; the delay in seconds. */
export interface DeferredParams {
  readonly delay: number
  readonly err: unknown
}

/** What the `bounce` hook is given. */
export interface BounceError {
  readonly message: string
}

/** What the `delivered` hook is given: host, ip, response, delay, port, mode, recipients, TLS, AUTH. */
export type DeliveredParams = readonly [
  host: string | undefined,
  ip: string,
  response: string,
  delaySeconds: number,
  port: number,
  mode: string,
  recipients: readonly HarakaAddress[],
  secured: boolean,
  authenticated: boolean,
]
