/**
 * The network between a client and a server of this machine, as long as its round trip takes: what the server writes is
 * held back for that time, what the client writes passes at once. As a client that waits for a reply cannot tell on
 * which half of the way it was delayed, that is the same to it as half of the time on each.
 *
 * Several writes are under way at one time: commands that came together are answered together, one round trip later.
 * It lies below TLS, whose handshake takes its round trips too. The opening of the TCP connection takes one: since the
 * client has nothing to do before the greeting, that comes so much later.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

type Done = (error?: Error | null) => void

export class DelayLine extends Duplex {
  readonly #socket: Socket
  readonly #delayMs: number
  #openingMs: number

  constructor(socket: Socket, delayMs: number) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#delayMs = delayMs
    this.#openingMs = delayMs
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    // Timers of one duration fire in the order in which they were set.
    setTimeout(() => this.#socket.write(chunk), this.#delayMs + this.#openingMs)
    this.#openingMs = 0
    done()
  }

  override _final(done: Done): void {
    setTimeout(() => {
      this.#socket.end()
      done()
    }, this.#delayMs)
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket.destroy()
    done(error)
  }
}
