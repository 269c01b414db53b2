/**
 * Texts that are too many for the memory, in a temporary file. Only this user can read it, and it has no name any more as
 * soon as it is open: whatever ends the process, nothing of it is left.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'

import { makeTemporaryFolder, noTemporary, removeTemporaryFolder } from '../../temporary-folder.js'

/** Where a text stands, bytes. */
export interface Stored {
  readonly offset: number
  readonly length: number
}

/** Collected before they are written. */
const CHUNK_BYTES = 256 * 1024
/** Read at one time. */
const AHEAD_BYTES = 16 * 1024

export class RecordFile {
  readonly #handle: number
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  #inChunk = 0
  #written = 0
  #ahead = Buffer.allocUnsafe(AHEAD_BYTES)
  #aheadOffset = 0
  #inAhead = 0

  constructor() {
    const folder = makeTemporaryFolder()
    try {
      this.#handle = openSync(path.join(folder, 'queue'), 'wx+', 0o600)
    } catch (error) {
      throw noTemporary(error)
    } finally {
      removeTemporaryFolder(folder)
    }
  }

  append(text: string): Stored {
    // A character has three bytes at most in UTF-8.
    if (this.#inChunk + text.length * 3 > CHUNK_BYTES) this.#flush()
    const offset = this.#written + this.#inChunk
    if (text.length * 3 > CHUNK_BYTES) {
      const length = this.#write(Buffer.from(text))
      return { offset, length }
    }
    const length = this.#chunk.write(text, this.#inChunk)
    this.#inChunk += length
    return { offset, length }
  }

  read({ offset, length }: Stored): string {
    this.#flush()
    const start = offset - this.#aheadOffset
    if (start < 0 || start + length > this.#inAhead) return this.#readFrom(offset, length)
    return this.#ahead.toString('utf8', start, start + length)
  }

  close(): void {
    closeSync(this.#handle)
  }

  /** And what follows: what is read next is often near. */
  #readFrom(offset: number, length: number): string {
    if (length > this.#ahead.length) this.#ahead = Buffer.allocUnsafe(length)
    this.#aheadOffset = offset
    this.#inAhead = 0
    do {
      const room = this.#ahead.length - this.#inAhead
      const read = readSync(this.#handle, this.#ahead, this.#inAhead, room, offset + this.#inAhead)
      if (read === 0) throw new Error('a temporary file has lost its end')
      this.#inAhead += read
    } while (this.#inAhead < length)
    return this.#ahead.toString('utf8', 0, length)
  }

  #flush(): void {
    if (this.#inChunk === 0) return
    this.#write(this.#chunk.subarray(0, this.#inChunk))
    this.#inChunk = 0
  }

  #write(bytes: Buffer): number {
    try {
      for (let at = 0; at < bytes.length;)
        at += writeSync(this.#handle, bytes, at, bytes.length - at, this.#written + at)
    } catch (error) {
      throw noTemporary(error)
    }
    this.#written += bytes.length
    return bytes.length
  }
}
