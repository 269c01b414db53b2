/**
 * The header lines of queued messages that the journal is to have, read from the queue files off the main path: few
 * files at a time, so that the mail server's own reading and writing does not wait for it.
 */
import { open } from 'node:fs/promises'

import { endOfHeader, headerField, headerLines } from '../core/message-header.js'

/** Of one message, bytes. */
export const MOST_HEADER_BYTES = 32 * 1024

/** Beyond that no header is looked for, bytes. */
const MOST_READ_BYTES = 256 * 1024
const PIECE_BYTES = 16 * 1024
/** A queue file begins with the length of what stands before the message. */
const TODO_LENGTH_BYTES = 4
const AT_ONE_TIME = 2
/** Further ones are left out. */
const MOST_WAITING = 1_000

export interface RecordedHeader {
  /** As they stand in the message, byte strings. */
  readonly lines: readonly string[]
  /** There were more. */
  readonly cut: boolean
}

export class HeaderReader {
  readonly #wanted: (name: string) => boolean
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** `names`: in lower case; `*`: all. */
  constructor(names: readonly string[]) {
    const set = new Set(names)
    this.#wanted = set.has('*') ? () => true : (name) => set.has(name.toLowerCase())
  }

  /** Undefined when it cannot be read, or too many wait. Never rejects. */
  async read(file: string): Promise<RecordedHeader | undefined> {
    if (this.#running >= AT_ONE_TIME) {
      if (this.#waiting.length >= MOST_WAITING) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return this.#chosen(headerLines(await headerText(file)))
    } catch {
      return undefined
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  #chosen(all: readonly string[]): RecordedHeader {
    const lines: string[] = []
    let bytes = 0
    for (const [at, line] of all.entries()) {
      const name = headerField(line)?.[0]
      // Of a message without an empty line nobody else knows where the body begins; a mailbox's "From " may be the first.
      if (name === undefined && at > 0) break
      if (name === undefined || !this.#wanted(name)) continue
      bytes += line.length
      if (bytes > MOST_HEADER_BYTES) return { lines, cut: true }
      lines.push(line)
    }
    return { lines, cut: false }
  }
}

/**
 * Where the message begins is read from the file: by the time it is its turn, it may be another one than was offered,
 * without the recipients of the parts that were sent (haraka/queue-file.ts), and a stale offset would lie in the body.
 */
async function headerText(name: string): Promise<string> {
  const file = await open(name, 'r')
  try {
    const length = Buffer.alloc(TODO_LENGTH_BYTES)
    if ((await file.read(length, 0, TODO_LENGTH_BYTES, 0)).bytesRead < TODO_LENGTH_BYTES) throw new Error('cut off')
    const start = TODO_LENGTH_BYTES + length.readUInt32BE()
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    let text = ''
    while (text.length < MOST_READ_BYTES) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, start + text.length)
      // An empty line may straddle two pieces: look again from two characters back.
      const from = Math.max(0, text.length - 2)
      text += piece.toString('latin1', 0, bytesRead)
      const end = endOfHeader(text, from)
      if (end >= 0) return text.slice(0, end)
      if (bytesRead === 0) break
    }
    return text
  } finally {
    await file.close()
  }
}
