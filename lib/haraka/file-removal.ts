/**
 * Removes the queue files of items that are done with.
 *
 * The next message over the same connection waits for that, which Haraka does not: a process that is killed meanwhile would
 * send again what the relay server has long acknowledged. A file that the disk does not let go is tried again and again;
 * its item must not be sent meanwhile.
 */
import fs from 'node:fs'

import type { Clock } from '../core/clock.js'
import { sentence } from '../core/errors.js'
import type { EventLog } from './event-log.js'
import type { HMail } from './shapes.js'

export class FileRemoval {
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #againSeconds: () => number
  readonly #gone: (hmail: HMail) => void
  /** Those whose files are still there. */
  readonly #staying = new WeakSet<HMail>()

  constructor(clock: Clock, log: EventLog, againSeconds: () => number, gone: (hmail: HMail) => void) {
    this.#clock = clock
    this.#log = log
    this.#againSeconds = againSeconds
    this.#gone = gone
  }

  /** Settles when the file is gone, or is said to stay for now. */
  async remove(hmail: HMail): Promise<void> {
    this.#staying.add(hmail)
    const error = await this.#tryIt(hmail)
    if (!error) return
    const params = { file: hmail.filename, why: String(error), seconds: this.#againSeconds() }
    this.#log.event('error', 'queue', { error: sentence('RELAYOUT_E_QUEUE_FILE_STAYS', params) }, hmail)
    this.#later(hmail)
  }

  /** The file is still there. */
  waitsFor(hmail: HMail): boolean {
    return this.#staying.has(hmail)
  }

  #later(hmail: HMail): void {
    this.#clock.after(this.#againSeconds() * 1_000, () => {
      void this.#tryIt(hmail).then((error) => {
        if (error) this.#later(hmail)
      })
    })
  }

  /** Undefined: it is gone. */
  async #tryIt(hmail: HMail): Promise<Error | undefined> {
    const error = await unlinked(hmail.path)
    if (error && error.code !== 'ENOENT') return error
    this.#staying.delete(hmail)
    this.#gone(hmail)
    return undefined
  }
}

/** Not by promises: that takes the main thread twice as long. */
function unlinked(path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    fs.unlink(path, resolve)
  })
}
