/**
 * What a relay connection is told when it is made, and what it reports.
 */
import type { Clock } from '../core/clock.js'
import type { RelayError } from './relay-error.js'
import type { RelayObserver } from './relay-observer.js'

export interface RelayConnectionOptions {
  readonly observer: RelayObserver
  readonly allowLosingRewrites: boolean
  /** Haraka will not go on without TLS on this connection (`hmail.force_tls`). */
  readonly forceTls: boolean
  /** What the certificate must be for where Haraka names no server, as for an address. */
  readonly host?: string
  /** Asked when TLS starts; undefined leaves what Haraka passes. */
  readonly verifyCertificate?: () => boolean | undefined
  /** Credentials; never shown to the observer in replies to AUTH. */
  readonly secrets?: readonly string[]
  /** For one complete reply, ms; the end of data has twice that (RFC 5321 4.5.3.2). Default 300 s. */
  readonly replyTimeoutMs?: number
  /** For the reply to QUIT, and then for the server to close, ms. Default 5 s. */
  readonly quitTimeoutMs?: number
  readonly clock?: Clock
}

export const REPLY_TIMEOUT_MS = 300_000
export const QUIT_TIMEOUT_MS = 5_000

export interface ConnectionClosed {
  /** One sentence, for the log. */
  readonly why: string
  /** False when it was ended by QUIT or by us without a failure. */
  readonly failed: boolean
}

/** Who uses the connection. */
export interface ConnectionClient {
  /** The connection is gone; nothing is settled any more. */
  failed(error: RelayError): void
  /** The wire takes more bytes. */
  drained(): void
}
