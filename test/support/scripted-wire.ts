/**
 * The byte side of the scripted relay: how replies are cut into packets, and where a message body ends (RFC 5321 4.5.2).
 */
import type net from 'node:net'
import { Duplex } from 'node:stream'

/**
 * `plain`: one write a reply; `bytes`: one write a byte; `joined`: what is due in one turn of the event loop; `slow`: a
 * byte every tenth of a second; `half`: a few bytes of the first one, and nothing more.
 */
export type PacketMode = 'plain' | 'bytes' | 'joined' | 'slow' | 'half'

const SLOW_MS = 100
const HALF_BYTES = 3

/** A function that writes to the socket in that manner and settles when the bytes have been handed over. */
export function joinedWriter(socket: net.Socket, mode: PacketMode): (bytes: Buffer) => Promise<void> {
  if (mode === 'bytes' || mode === 'slow') {
    return async (bytes) => {
      for (const byte of bytes) {
        if (!socket.writable) return
        socket.write(Buffer.from([byte]))
        await new Promise((resolve) => (mode === 'bytes' ? setImmediate(resolve) : setTimeout(resolve, SLOW_MS)))
      }
    }
  }
  if (mode === 'half') {
    let rest = HALF_BYTES
    return (bytes) => {
      if (socket.writable && rest > 0) socket.write(bytes.subarray(0, rest))
      rest -= bytes.length
      return Promise.resolve()
    }
  }
  if (mode === 'plain') {
    return (bytes) => {
      if (socket.writable) socket.write(bytes)
      return Promise.resolve()
    }
  }
  let due: Buffer[] = []
  return (bytes) => {
    if (due.length === 0) {
      setImmediate(() => {
        if (socket.writable) socket.write(Buffer.concat(due))
        due = []
      })
    }
    due.push(bytes)
    return Promise.resolve()
  }
}

/** The socket with its writes cut in that manner, for TLS on top of it. */
export function pacedSocket(socket: net.Socket, mode: PacketMode): Duplex {
  const write = joinedWriter(socket, mode)
  const paced = new Duplex({
    read: () => void socket.resume(),
    write: (bytes: Buffer, _, done) => void write(bytes).then(() => done()),
    final: (done) => {
      socket.end()
      done()
    },
  })
  socket.on('data', (bytes: Buffer) => {
    if (!paced.push(bytes)) socket.pause()
  })
  socket.on('end', () => paced.push(null))
  socket.on('close', () => paced.destroy())
  return paced
}

const END = Buffer.from('\r\n.\r\n')

/** Collects a body until the line with the single dot. */
export class DotReader {
  /** Body bytes so far. */
  bytes = 0
  private readonly chunks: Buffer[] = []
  /** The last bytes before the next chunk; at first the line end of the DATA command. */
  private tail: Buffer = Buffer.from('\r\n')

  /** Undefined while the body goes on; else the bytes behind the dot line. */
  push(data: Buffer): Buffer | undefined {
    const seen = Buffer.concat([this.tail, data])
    const at = seen.indexOf(END)
    const length = at < 0 ? data.length : at + END.length - this.tail.length
    this.chunks.push(data.subarray(0, length))
    this.bytes += length
    this.tail = seen.subarray(-(END.length - 1))
    return at < 0 ? undefined : data.subarray(length)
  }

  /** The message without its dot line, unstuffed. */
  message(): Buffer {
    const text = Buffer.concat(this.chunks).toString('latin1').slice(0, -3)
    return Buffer.from(text.replace(/(^|\r\n)\./g, '$1'), 'latin1')
  }
}
