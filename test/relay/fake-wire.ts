/**
 * A wire without a network: the test says what arrives and sees what was written, in the same turn of the event loop.
 */
import { EventEmitter } from 'node:events'
import type { SecureCallback, TlsOptions, Wire, WriteCallback } from '../../lib/relay/wire.js'

export class FakeWire extends EventEmitter implements Wire {
  readonly written: string[] = []
  /** What `write` returns. */
  room = true
  ended = 0
  destroyed = 0
  encrypted = false
  tlsOptions: TlsOptions | undefined
  private secured: SecureCallback | undefined

  get text(): string {
    return this.written.join('')
  }

  write(data: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean {
    this.written.push((typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data)).toString('latin1'))
    callback?.()
    return this.room
  }

  end(): void {
    this.ended += 1
  }

  destroy(): void {
    this.destroyed += 1
  }

  upgrade(options: TlsOptions, callback: SecureCallback): void {
    this.tlsOptions = options
    this.secured = callback
  }

  /** The TLS handshake is done. */
  secure(authorized: boolean): void {
    this.encrypted = true
    this.secured?.(authorized)
  }

  isEncrypted(): boolean {
    return this.encrypted
  }

  isSecure(): boolean {
    return false
  }

  setTimeout(): void {
    // Deadlines are the connection's own.
  }

  arrive(text: string): void {
    this.emit('data', Buffer.from(text, 'latin1'))
  }
}

/** Lets everything run that is due without I/O. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
