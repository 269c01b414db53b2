/**
 * Where a message ends among what Haraka writes after a 354, and how it is closed on the wire (RFC 5321 4.1.1.4).
 *
 * Haraka pipes the dot-stuffed queue file into the socket and writes `.\r\n` when that stream has ended. A write of
 * exactly these bytes is the end of the message
 *  - at the beginning of a line: on the wire it *is* the end there, whoever wrote it; in a dot-stuffed body no other
 *    line consists of a single dot. A file chunk that happens to be these bytes follows half a line (`.` + `.\r\n`);
 *  - or when the piped stream has ended, for then nothing of the body can come any more. This finds the dot behind a
 *    body without a final CR LF; sent as it is it would stand at the end of a body line and the server would wait for
 *    the real one until the timeout. The missing CR LF is added, as RFC 5321 4.1.1.4 demands.
 * What type the bytes have (string or Buffer) says nothing: both are written by Haraka at times.
 */
export interface PipedSource {
  readonly readableEnded?: boolean
}

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

export class BodyEnd {
  /** The last two bytes. An empty message begins a line. */
  #beforeLast = CR
  #last = LF

  /** What ends the message on the wire, when this write does; undefined: it is body, and is counted as such. */
  endedBy(bytes: Uint8Array, source: PipedSource | undefined): string | undefined {
    const { length } = bytes
    const isDot = length === 3 && bytes[0] === DOT && bytes[1] === CR && bytes[2] === LF
    const lineStart = this.#beforeLast === CR && this.#last === LF
    if (isDot && (lineStart || source?.readableEnded === true)) return lineStart ? '.\r\n' : '\r\n.\r\n'
    if (length > 0) {
      this.#beforeLast = bytes[length - 2] ?? this.#last
      this.#last = bytes[length - 1] ?? 0
    }
    return undefined
  }
}
