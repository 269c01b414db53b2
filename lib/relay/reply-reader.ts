/**
 * Bytes from a relay server in, whole replies out (RFC 5321 4.2), however the bytes are cut into packets.
 *
 * A line ends with CR LF or a bare LF. A fault (too long a line, too many lines or bytes, a line that is no reply line,
 * a NUL) ends the reading: the caller closes the connection, for nothing after it can be matched to a command. The
 * bounds are far above RFC 5321 4.5.3.1.5 (512 bytes a line).
 */
import { parseReply, parseReplyLine, type Reply } from '../core/reply.js'

export const MAX_LINE_BYTES = 8 * 1024
export const MAX_REPLY_LINES = 1000
export const MAX_REPLY_BYTES = 256 * 1024

export class ReplyReader {
  #partial = ''
  #lines: string[] = []
  #bytes = 0
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
      const line = (this.#partial + chunk.toString('latin1', start, end)).replace(/\r$/, '')
      this.#partial = ''
      start = end + 1
      const fault = this.#line(line)
      if (fault !== undefined) return this.stop(fault)
      const reply = line.charAt(3) === '-' ? undefined : parseReply(this.#lines)
      if (!reply) continue
      this.#lines = []
      this.#bytes = 0
      onReply(reply, start < chunk.length)
    }
    if (this.#faulty) return undefined
    if (this.#partial.length + chunk.length - start > MAX_LINE_BYTES) return this.stop(tooLong())
    this.#partial += chunk.toString('latin1', start)
    return undefined
  }

  /** Ends the reading: nothing comes out any more. */
  stop(fault = ''): string {
    this.#faulty = true
    this.#partial = ''
    this.#lines = []
    return fault
  }

  #line(line: string): string | undefined {
    if (line.length > MAX_LINE_BYTES) return tooLong()
    if (!parseReplyLine(line)) return `it sent "${line.slice(0, 100)}", which is no reply line`
    this.#lines.push(line)
    this.#bytes += line.length
    if (this.#lines.length > MAX_REPLY_LINES) return `it sent a reply of more than ${MAX_REPLY_LINES} lines`
    if (this.#bytes > MAX_REPLY_BYTES) return `it sent a reply of more than ${MAX_REPLY_BYTES} bytes`
    return undefined
  }
}

function tooLong(): string {
  return `it sent a reply line of more than ${MAX_LINE_BYTES} bytes`
}
