/**
 * The journal's file as the settings want it: opened, changed and closed with them. Whatever fails here is in the log,
 * at most once a minute, and changes nothing for mail.
 */
import path from 'node:path'

import type { Clock } from '../core/clock.js'
import { sentence } from '../core/errors.js'
import type { MainSettings } from '../core/settings/settings.js'
import { addressKeyFile, makeAddressKey } from '../journal/address-key.js'
import { JournalWriter, RETRY_SECONDS } from '../journal/journal-writer.js'
import { HeaderReader } from '../journal/message-header.js'
import { Recorder } from '../journal/recorder.js'
import { hashedWording, plainWording, type Wording } from '../journal/wording.js'
import type { EventLog } from './event-log.js'

interface Recording {
  readonly file: string
  readonly addresses: 'full' | 'hashed'
  readonly writer: JournalWriter
  readonly recorder: Recorder
  /** Undefined: none are recorded. */
  readonly headers: HeaderReader | undefined
}

export class JournalRecording {
  readonly #log: EventLog
  readonly #clock: Clock
  #main: MainSettings | undefined
  #current: Recording | undefined
  #cancelRetry: () => void = () => undefined

  constructor(log: EventLog, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** Undefined: nothing is recorded. */
  get current(): Recording | undefined {
    return this.#current
  }

  configure(main: MainSettings): void {
    this.#cancelRetry()
    const before = this.#current
    const same = this.#main && JSON.stringify(recordedAs(this.#main)) === JSON.stringify(recordedAs(main))
    this.#main = main
    if (same && before) return
    this.#current = undefined
    if (before) void before.writer.close()
    if (main.journal !== undefined) this.#open(journalFile(main.journal), main)
  }

  /** The process may end: what waits is written before this returns. */
  flush(): void {
    this.#current?.writer.flushSync()
  }

  /** Something about an item is so odd that there is no record of it. */
  notRecorded(error: unknown): void {
    const code = 'RELAYOUT_E_JOURNAL_RECORD'
    const text = sentence(code, { why: String(error) })
    this.#log.failure({ place: 'journal', text: code }, 'error', 'journal', { code, error: text })
  }

  #open(file: string, main: MainSettings): void {
    const wording = main.journalAddresses === 'hashed' ? this.#hashed(file) : plainWording
    if (!wording) {
      this.#cancelRetry = this.#clock.after(RETRY_SECONDS * 1000, () => this.#open(file, main))
      return
    }
    const writer: JournalWriter = new JournalWriter({
      file,
      limits: () => ({ sizeBytes: this.#main?.journalSizeBytes ?? 0, files: this.#main?.journalFiles ?? 0 }),
      failed: (error) => this.#failed('RELAYOUT_E_JOURNAL', file, error),
      notRotated: (error) => this.#failed('RELAYOUT_E_JOURNAL_ROTATION', file, error),
      lost: (records, sinceMs) => recorder.line('lost', { records, since: new Date(sinceMs).toISOString() }),
    })
    const recorder = new Recorder(writer, wording, this.#clock)
    const { journalAddresses: addresses, journalHeaders } = main
    const headers = journalHeaders.length > 0 ? new HeaderReader(journalHeaders) : undefined
    this.#current = { file, addresses, writer, recorder, headers }
    recorder.add('begin', { addresses, headers: journalHeaders })
  }

  #hashed(file: string): Wording | undefined {
    try {
      return hashedWording(makeAddressKey(file))
    } catch (error) {
      this.#failed('RELAYOUT_E_JOURNAL_KEY', addressKeyFile(file), error)
      return undefined
    }
  }

  #failed(code: JournalFailure, file: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    const text = sentence(code, { file, why, seconds: RETRY_SECONDS })
    // What the system says may differ each time; it is one failure all the same.
    this.#log.failure({ place: 'journal', text: code }, 'error', 'journal', { code, error: text })
  }
}

type JournalFailure = 'RELAYOUT_E_JOURNAL' | 'RELAYOUT_E_JOURNAL_KEY' | 'RELAYOUT_E_JOURNAL_ROTATION'

/** Relative to Haraka's installation folder, as Haraka's own settings are. */
function journalFile(name: string): string {
  return path.resolve(process.env['HARAKA'] ?? process.cwd(), name)
}

/** What another recording has to be begun for. The limits are read anew with each write. */
function recordedAs({ journal, journalAddresses, journalHeaders }: MainSettings): unknown {
  return [journal, journalAddresses, journalHeaders]
}
