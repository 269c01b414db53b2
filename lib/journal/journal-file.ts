/**
 * The journal's file, to which several processes append: opened anew when another one has renamed it, renamed here when
 * it has reached its size.
 *
 * Only a regular file is rotated. A pipe is refused: nobody may read it, and lines would be torn.
 */
import fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import { rotate, sameFile, statOf } from './rotation.js'

export interface JournalFileOptions {
  readonly name: string
  /** As the settings have them now. */
  limits(): { readonly sizeBytes: number; readonly files: number }
  /** It has reached its size and cannot be renamed; it goes on. */
  notRotated(error: unknown): void
}

/** Never waits for somebody at the other end of a pipe. */
const FLAGS = fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT | fs.constants.O_NONBLOCK
const MODE = 0o640

/** How often another process is waited for that renames it, and for how long each time, ms. */
const ROUNDS = 50
const ROUND_MS = 20

const NEWLINE = Buffer.from('\n')

export class JournalFile {
  readonly #options: JournalFileOptions
  #handle: FileHandle | undefined
  /** It ends in half a line: of a process that was killed, or of a disk that is full. */
  #torn = false

  constructor(options: JournalFileOptions) {
    this.#options = options
  }

  /** So many bytes can be appended now: it is open, and the file of its name. Rejects when it cannot be. */
  async prepare(bytes: number): Promise<void> {
    this.#handle = await this.#toWrite(bytes)
  }

  /**
   * Appends whole lines, after `prepare`; how many bytes of them were written: when not all, it is to be closed before
   * the next write. Rejects when none can be.
   */
  async append(lines: Buffer): Promise<number> {
    const handle = this.#handle
    if (!handle) return 0
    const data = this.#torn ? Buffer.concat([NEWLINE, lines]) : lines
    const { bytesWritten } = await handle.write(data, 0, data.length)
    const written = Math.max(0, bytesWritten - (data.length - lines.length))
    if (bytesWritten > 0) this.#torn = false
    return written
  }

  /** The same while nothing else may run any more: neither looks for another process nor renames. */
  appendSync(lines: Buffer): void {
    const file = this.#handle?.fd ?? fs.openSync(this.#options.name, FLAGS, MODE)
    const data = this.#torn ? Buffer.concat([NEWLINE, lines]) : lines
    for (let at = 0; at < data.length;) at += fs.writeSync(file, data, at)
  }

  /** Opened anew with the next write. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    this.#torn = false
    await handle?.close().catch(() => undefined)
  }

  async #toWrite(bytes: number): Promise<FileHandle> {
    for (let round = 0; ; round++) {
      const handle = (this.#handle ??= await this.#open())
      const [mine, named] = await Promise.all([handle.stat(), statOf(this.#options.name)])
      if (!sameFile(mine, named)) {
        await this.close()
        continue
      }
      const { sizeBytes, files } = this.#options.limits()
      if (!mine.isFile() || mine.size === 0 || mine.size + bytes <= sizeBytes || round >= ROUNDS) return handle
      try {
        if ((await rotate(this.#options.name, mine, files)) === 'busy') await pause(ROUND_MS)
      } catch (error) {
        this.#options.notRotated(error)
        return handle
      }
    }
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#options.name, FLAGS, MODE)
    try {
      const stats = await handle.stat()
      if (!stats.isFile() && !stats.isCharacterDevice()) throw new Error('it is neither a file nor a device')
      if (stats.isFile() && stats.size > 0) {
        const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, stats.size - 1)
        this.#torn = !buffer.equals(NEWLINE)
      }
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
