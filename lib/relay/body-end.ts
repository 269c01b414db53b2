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

export class BodyEnd {
  #tail = '\r\n'

  /** What ends the message on the wire, when this write does; undefined: it is body, and is counted as such. */
  endedBy(bytes: Uint8Array, source: PipedSource | undefined): string | undefined {
    const isDot = bytes.length === 3 && bytes[0] === 0x2e && bytes[1] === 0x0d && bytes[2] === 0x0a
    const lineStart = this.#tail === '\r\n'
    if (isDot && (lineStart || source?.readableEnded === true)) return lineStart ? '.\r\n' : '\r\n.\r\n'
    this.#tail = (this.#tail + Buffer.from(bytes.subarray(-2)).toString('latin1')).slice(-2)
    return undefined
  }
}
