/**
 * The journal's file, to which several processes append: opened anew when another one has renamed it, renamed here when
 * it has reached its size.
 *
 * Only a regular file is rotated. A pipe is refused: nobody may read it, and lines would be torn.
 */
import fs from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'

import { type FileIdentity, rotate, sameFile, statOf } from './rotation.js'

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

/** How often it is opened anew for one write, when the file of its name is another one each time. */
const REOPENED = 3

const NEWLINE = Buffer.from('\n')

interface OpenFile {
  readonly handle: FileHandle
  readonly identity: FileIdentity
}

export class JournalFile {
  readonly #options: JournalFileOptions
  #opened: OpenFile | undefined
  /** Its size after the last write, unless another process has written since; undefined: it was just opened. */
  #size: number | undefined
  /** It ends in half a line: of a process that was killed, or of a disk that is full. */
  #torn = false

  constructor(options: JournalFileOptions) {
    this.#options = options
  }

  /** So many bytes can be appended now: it is open, and the file of its name. Rejects when it cannot be. */
  async prepare(bytes: number): Promise<void> {
    await this.#makeReady(bytes)
  }

  /**
   * Appends whole lines, after `prepare`; how many bytes of them were written: when not all, it is to be closed before
   * the next write. Rejects when none can be.
   */
  async append(lines: Buffer): Promise<number> {
    const handle = this.#opened?.handle
    if (!handle) return 0
    const data = this.#whole(lines)
    const { bytesWritten } = await handle.write(data, 0, data.length)
    const written = Math.max(0, bytesWritten - (data.length - lines.length))
    if (bytesWritten > 0) this.#torn = false
    if (this.#size !== undefined) this.#size += bytesWritten
    return written
  }

  /** The same while nothing else may run any more: neither looks for another process nor renames. */
  appendSync(lines: Buffer): void {
    const file = this.#opened?.handle.fd ?? fs.openSync(this.#options.name, FLAGS, MODE)
    const data = this.#whole(lines)
    for (let at = 0; at < data.length;) {
      const written = fs.writeSync(file, data, at)
      if (written === 0) throw new Error('nothing of it was taken')
      at += written
    }
    this.#torn = false
  }

  /** Opened anew with the next write. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    this.#size = undefined
    this.#torn = false
    await opened?.handle.close().catch(() => undefined)
  }

  #whole(lines: Buffer): Buffer {
    return this.#torn ? Buffer.concat([NEWLINE, lines]) : lines
  }

  /** The name is looked up once for each write; that of the open file needs no look, since it stays the same. */
  async #makeReady(bytes: number): Promise<void> {
    const { name } = this.#options
    let seen: number | undefined
    for (let round = 0; ; round++) {
      const { handle, identity } = (this.#opened ??= await this.#open())
      const named = await statOf(name)
      if (!named || !sameFile(identity, named)) {
        // There are file systems on which a file is never the same twice.
        if (round >= REOPENED) return
        await this.close()
        continue
      }
      if (!named.isFile()) return
      const { size } = named
      if (size !== this.#size) {
        this.#torn = await endsInHalfALine(handle, size)
        if (this.#torn && size !== seen && round < ROUNDS) {
          // Perhaps another process is writing it just now.
          seen = size
          await pause(ROUND_MS)
          continue
        }
        this.#size = size
      }
      const { sizeBytes, files } = this.#options.limits()
      if (size === 0 || size + bytes <= sizeBytes || round >= ROUNDS) return
      try {
        // Where another process has just renamed it, there is none for a moment: rotate finds that out.
        const real = await realpath(name).catch(() => name)
        if ((await rotate(real, named, files)) === 'busy') await pause(ROUND_MS)
      } catch (error) {
        this.#options.notRotated(error)
        return
      }
    }
  }

  async #open(): Promise<OpenFile> {
    const handle = await open(this.#options.name, FLAGS, MODE)
    try {
      const stats = await handle.stat()
      if (!stats.isFile() && !stats.isCharacterDevice()) throw new Error('it is neither a file nor a device')
      return { handle, identity: { dev: stats.dev, ino: stats.ino } }
    } catch (error) {
      await handle.close()
      throw error
    }
  }
}

async function endsInHalfALine(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && !buffer.equals(NEWLINE)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
