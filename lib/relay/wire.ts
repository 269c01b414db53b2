/**
 * The connected socket to a relay server, as far as it is used here: Haraka's pluggable stream has this shape, and so
 * does a test's. `upgrade` starts TLS on it (RFC 3207); the wire then goes on emitting the same events with plain text.
 */
import type { EventEmitter } from 'node:events'

/** What Haraka's TLS upgrade reports: authorised, why not, the server's certificate, the cipher with its version. */
export type SecureCallback = (
  authorized: boolean,
  verifyError?: unknown,
  certificate?: unknown,
  cipher?: unknown,
) => void

export type TlsOptions = Readonly<Record<string, unknown>>

export type WriteCallback = (error?: Error | null) => void

/** Events: data(Buffer) drain end close error(Error). */
export interface Wire extends EventEmitter {
  write(data: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean
  end(): unknown
  destroy(): unknown
  upgrade(options: TlsOptions, callback: SecureCallback): void
  isEncrypted(): unknown
  isSecure(): unknown
  setTimeout(ms: number): unknown
}
