/**
 * Removes the queue files of items that are done with.
 *
 * At once, not put off as Haraka does it: the next message over the same connection would start before, and a process
 * that is killed then would send again what the relay server has long acknowledged. A file that the disk does not let go
 * is tried again and again; its item must not be sent meanwhile.
 */
import { unlinkSync } from 'node:fs'

import type { Clock } from '../core/clock.js'
import { sentence } from '../core/errors.js'
import type { EventLog } from './event-log.js'
import type { HMail } from './shapes.js'

export class FileRemoval {
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #againSeconds: () => number
  readonly #gone: (hmail: HMail) => void
  readonly #staying = new WeakSet<HMail>()

  /** `gone`: a file that had stayed. */
  constructor(clock: Clock, log: EventLog, againSeconds: () => number, gone: (hmail: HMail) => void) {
    this.#clock = clock
    this.#log = log
    this.#againSeconds = againSeconds
    this.#gone = gone
  }

  remove(hmail: HMail): void {
    const error = unlink(hmail.path)
    if (!error) return
    this.#staying.add(hmail)
    this.#say(hmail, error)
    this.#later(hmail)
  }

  /** The file is still there. */
  waitsFor(hmail: HMail): boolean {
    return this.#staying.has(hmail)
  }

  #later(hmail: HMail): void {
    this.#clock.after(this.#againSeconds() * 1_000, () => {
      if (unlink(hmail.path)) this.#later(hmail)
      else {
        this.#staying.delete(hmail)
        this.#gone(hmail)
      }
    })
  }

  #say(hmail: HMail, why: Error): void {
    const params = { file: hmail.filename, why: String(why), seconds: this.#againSeconds() }
    this.#log.event('error', 'queue', { error: sentence('RELAYOUT_E_QUEUE_FILE_STAYS', params) }, hmail)
  }
}

/** Undefined: it is gone. */
function unlink(path: string): Error | undefined {
  try {
    unlinkSync(path)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error)
  }
}
