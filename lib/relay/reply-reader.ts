/**
 * Bytes from a relay server in, whole replies out (RFC 5321 4.2), however the bytes are cut into packets.
 *
 * A line ends with CR LF or a bare LF. What is odd is mended and not refused: an over-long line and an over-long reply
 * are cut, a NUL becomes a space. Refusing a strange 250 to the end of data would send the same message again. Two
 * things end the reading, after which nothing can be matched to a command: a line that does not begin with a reply
 * code, and a reply that is larger than any server's. The bounds are far above RFC 5321 4.5.3.1.5 (512 bytes a line).
 */
import { parseReplyLine, type Reply } from '../core/reply.js'

/** What is kept of a line and of a reply; the rest is read and forgotten. */
export const MAX_LINE_BYTES = 8 * 1024
export const MAX_REPLY_LINES = 1000
export const MAX_REPLY_BYTES = 256 * 1024

/** What is read of one reply at most. */
export const MAX_READ_BYTES = 16 * 1024 * 1024

export class ReplyReader {
  #partial = ''
  #lines: string[] = []
  #keptBytes = 0
  #readBytes = 0
  #faulty = false

  /** Whether a reply has begun that is not complete. */
  get midReply(): boolean {
    return this.#partial !== '' || this.#lines.length > 0
  }

  /**
   * Calls `onReply` for each reply that is complete now; `more` says that further bytes have come with it. Gives a
   * sentence when the bytes are no replies; everything after that is ignored.
   */
  read(chunk: Buffer, onReply: (reply: Reply, more: boolean) => void): string | undefined {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0 && !this.#faulty; end = chunk.indexOf(0x0a, start)) {
      this.#readBytes += end - start
      const line = mended(this.#cut(chunk, start, end))
      this.#partial = ''
      start = end + 1
      const parsed = parseReplyLine(line)
      if (!parsed) return this.stop(`it sent "${line.slice(0, 100)}", which is no reply line`)
      this.#keep(line, parsed.last)
      if (!parsed.last) continue
      const lines = this.#lines as [string, ...string[]]
      this.#lines = []
      this.#keptBytes = 0
      this.#readBytes = 0
      onReply({ code: parsed.code, lines }, start < chunk.length)
    }
    if (this.#faulty) return undefined
    this.#partial = this.#cut(chunk, start, chunk.length)
    this.#readBytes += chunk.length - start
    if (this.#readBytes > MAX_READ_BYTES) return this.stop(`it sent a reply of more than ${MAX_READ_BYTES} bytes`)
    return undefined
  }

  /** Ends the reading: nothing comes out any more. */
  stop(fault = ''): string {
    this.#faulty = true
    this.#partial = ''
    this.#lines = []
    return fault
  }

  /** The line so far with what follows, as far as there is room. */
  #cut(chunk: Buffer, start: number, end: number): string {
    const room = MAX_LINE_BYTES - this.#partial.length
    return this.#partial + chunk.toString('latin1', start, Math.min(end, start + room))
  }

  /** The last line of a reply, which has its code, is always kept. */
  #keep(line: string, last: boolean): void {
    const full = this.#lines.length >= MAX_REPLY_LINES - 1 || this.#keptBytes + line.length > MAX_REPLY_BYTES
    if (full && !last) return
    this.#lines.push(line)
    this.#keptBytes += line.length
  }
}

function mended(line: string): string {
  const bare = line.endsWith('\r') ? line.slice(0, -1) : line
  return bare.includes('\0') ? bare.replaceAll('\0', ' ') : bare
}
