/**
 * Writes the lines of the journal, and never is in the way of mail: `add` only keeps the line, and one write at a time
 * goes on in the background, after 100 ms or 256 kB. While the disk does not take them, lines wait in memory up to 16 MB;
 * those that come then are dropped and counted, and a line says so as soon as there is room.
 *
 * A process that is killed loses what it had not written yet, 100 ms or so. One that ends writes it.
 */
import { JournalFile } from './journal-file.js'

export interface JournalWriterOptions {
  readonly file: string
  /** As the settings have them now. */
  limits(): { readonly sizeBytes: number; readonly files: number }
  /** It cannot be written at the moment, and is tried again; with each try. */
  failed(error: unknown): void
  /** It has reached its size and cannot be renamed; with each write. */
  notRotated(error: unknown): void
  /** The line that tells of dropped ones, the first of which came at that time. */
  lost(lines: number, sinceMs: number): string
}

/** Until what was added is written, ms and characters. */
const FLUSH_MS = 100
const FLUSH_CHARACTERS = 256 * 1024

export const MOST_BUFFERED = 16 * 1024 * 1024

/** Until a file that could not be written is tried again. */
export const RETRY_SECONDS = 5

/** How long a line waits for its better version, and those behind it, ms. */
const HELD_MS = 2_000

/** A line whose better version is awaited. */
interface HeldLine {
  line: string
  ready: boolean
  readonly sinceMs: number
}

/** Those that are not closed, one listener for all: on a disk that hangs, many may wait for their end. */
const open = new Set<JournalWriter>()

function flushAll(): void {
  for (const writer of open) writer.flushSync()
}

export class JournalWriter {
  readonly #options: JournalWriterOptions
  readonly #file: JournalFile
  #lines: (string | HeldLine)[] = []
  #characters = 0
  #dropped = 0
  #droppedSinceMs = 0
  /** Taken from `#lines` and not written yet. */
  #batch: Buffer | undefined
  /** The system has the batch, and writes it even if the process ends now. */
  #handedOver = false
  /** The flush under way. */
  #flushing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #retryAtMs = 0

  constructor(options: JournalWriterOptions) {
    this.#options = options
    this.#file = new JournalFile({
      name: options.file,
      limits: () => options.limits(),
      notRotated: (error) => options.notRotated(error),
    })
    if (open.size === 0) process.on('exit', flushAll)
    open.add(this)
  }

  /** Characters that wait to be written. */
  get buffered(): number {
    return this.#characters
  }

  /** A line without its end. */
  add(line: string): void {
    if (this.#hasRoom(line)) this.#keep(line, line.length)
  }

  /** A line that a better one may take the place of within 2 s; those behind it wait. */
  hold(line: string): (instead?: string) => void {
    if (!this.#hasRoom(line)) return () => undefined
    const held: HeldLine = { line, ready: false, sinceMs: performance.now() }
    this.#keep(held, line.length)
    return (instead) => {
      if (held.ready) return
      held.ready = true
      const more = (instead?.length ?? 0) - held.line.length
      // A better one may be a hundred times as long, and thousands of them wait where the disk takes none.
      if (instead === undefined || (more > 0 && this.#characters + more > MOST_BUFFERED)) return
      this.#characters += more
      held.line = instead
    }
  }

  /** Writes what is there now, while the process ends. A write under way comes to its end by itself. */
  flushSync(): void {
    this.#tellLost()
    const waiting = this.#handedOver ? undefined : this.#batch
    const rest = this.#take(true)
    const batches = [waiting, rest].filter((batch) => batch !== undefined)
    if (waiting) this.#batch = undefined
    if (batches.length === 0) return
    try {
      this.#file.appendSync(Buffer.concat(batches))
    } catch (error) {
      if (!this.#handedOver) this.#batch = Buffer.concat(batches) // the process may go on for a while
      this.#options.failed(error)
    }
  }

  /** Writes what is there, if that is possible now, and gives the file back. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#flushing
    for (const line of this.#lines) if (typeof line !== 'string') line.ready = true
    this.#retryAtMs = 0
    await this.#flush()
    clearTimeout(this.#timer)
    this.#lines = []
    open.delete(this)
    if (open.size === 0) process.off('exit', flushAll)
    await this.#file.close()
  }

  #hasRoom(line: string): boolean {
    if (this.#characters + line.length <= MOST_BUFFERED) {
      if (this.#dropped > 0) this.#tellLost()
      return true
    }
    if (this.#dropped++ === 0) this.#droppedSinceMs = Date.now()
    return false
  }

  #tellLost(): void {
    if (this.#dropped === 0) return
    const line = this.#options.lost(this.#dropped, this.#droppedSinceMs)
    this.#dropped = 0
    this.#keep(line, line.length)
  }

  #keep(line: string | HeldLine, length: number): void {
    this.#lines.push(line)
    this.#characters += length
    if (this.#characters < FLUSH_CHARACTERS) this.#timer ??= this.#after(FLUSH_MS)
    else if (!this.#flushing && performance.now() >= this.#retryAtMs) void this.#flush()
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined
      void this.#flush()
    }, ms).unref()
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined
      const wait = this.#retryAtMs - performance.now()
      if (wait > 0) {
        clearTimeout(this.#timer)
        this.#timer = this.#after(wait)
      } else if (this.#lines.length > 0) this.#timer ??= this.#after(FLUSH_MS)
    })
    return this.#flushing
  }

  /** Never rejects. */
  async #writeAll(): Promise<void> {
    this.#retryAtMs = 0
    try {
      while ((this.#batch ??= this.#take(false))) {
        await this.#file.prepare(this.#batch.length)
        await this.#handOver()
      }
    } catch (error) {
      this.#retryAtMs = performance.now() + RETRY_SECONDS * 1000
      await this.#file.close()
      this.#options.failed(error)
    }
  }

  async #handOver(): Promise<void> {
    const batch = this.#batch
    if (!batch) return // it was written by flushSync meanwhile
    this.#handedOver = true
    const written = await this.#file.append(batch).finally(() => {
      this.#handedOver = false
    })
    if (written === batch.length) {
      this.#batch = undefined
      if (this.#dropped > 0) this.#tellLost()
      return
    }
    if (written === 0) throw new Error('nothing of it was taken')
    // A line of which a part was written is written anew: the disk is full, and another process may go on first.
    this.#batch = batch.subarray(batch.lastIndexOf(0x0a, written - 1) + 1)
    await this.#file.close()
  }

  /** The oldest lines, as far as they are ready, a good write's worth of them. */
  #take(all: boolean): Buffer | undefined {
    let text = ''
    let count = 0
    for (const entry of this.#lines) {
      const line = typeof entry === 'string' ? entry : lineOf(entry, all)
      if (line === undefined || (!all && text.length >= FLUSH_CHARACTERS)) break
      text += `${line}\n`
      this.#characters -= line.length
      count++
    }
    if (count === 0) return undefined
    this.#lines = this.#lines.slice(count)
    return Buffer.from(text)
  }
}

function lineOf(held: HeldLine, now: boolean): string | undefined {
  if (!held.ready && !now && performance.now() - held.sinceMs < HELD_MS) return undefined
  held.ready = true
  return held.line
}
