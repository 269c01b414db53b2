/**
 * From what happened to a line of the journal: the common fields, and every text bounded and, where that is wanted,
 * without local parts of addresses. Whatever is no name of ours goes through that: a new field cannot be forgotten.
 */
import type { Clock } from '../core/clock.js'
import type { JournalWriter } from './journal-writer.js'
import { JOURNAL_VERSION, type JournalEvent, type JournalEvents, type JournalItem } from './records.js'
import type { Wording } from './wording.js'

/** Names that the administrator, Haraka or the plugin gave. */
const NAMES = new Set([
  ...['file', 'sender', 'senders', 'script', 'version', 'kept', 'server', 'address', 'port', 'stage', 'answer'],
  ...['outcome', 'phase', 'function', 'kind', 'into', 'queued', 'lastTry', 'since', 'addresses'],
])

/** A whole address. */
const ADDRESSES = new Set(['from', 'to', 'sent'])

/** A header's lines are bounded together, where they are read. */
const MOST_HEADER_LINE = 64 * 1024

/** So many elements of a list at most. */
export const MOST_LISTED = 10_000

export class Recorder {
  readonly #writer: Pick<JournalWriter, 'add' | 'hold'>
  readonly #wording: Wording
  readonly #clock: Clock

  constructor(writer: Pick<JournalWriter, 'add' | 'hold'>, wording: Wording, clock: Clock) {
    this.#writer = writer
    this.#wording = wording
    this.#clock = clock
  }

  add<E extends JournalEvent>(event: E, fields: JournalEvents[E], about?: JournalItem): void {
    this.#writer.add(this.line(event, fields, about))
  }

  /** A record that a better one may take the place of, under its time. */
  hold<E extends JournalEvent>(
    event: E,
    fields: JournalEvents[E],
    about?: JournalItem,
  ): (better?: JournalEvents[E]) => void {
    const nowMs = this.#clock.now()
    const put = this.#writer.hold(this.line(event, fields, about, nowMs))
    return (better) => put(better && this.line(event, better, about, nowMs))
  }

  line<E extends JournalEvent>(
    event: E,
    fields: JournalEvents[E],
    about?: JournalItem,
    nowMs: number = this.#clock.now(),
  ): string {
    const record: Record<string, unknown> = {
      v: JOURNAL_VERSION,
      t: new Date(nowMs).toISOString(),
      event,
      pid: process.pid,
    }
    if (about) {
      record['id'] = about.id
      record['item'] = about.item
    }
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) record[name] = NAMES.has(name) ? value : this.#worded(name, value)
    }
    return JSON.stringify(record)
  }

  #worded(name: string, value: unknown): unknown {
    if (typeof value === 'string') {
      if (ADDRESSES.has(name)) return this.#wording.address(value)
      return this.#wording.text(value, name === 'headers' ? MOST_HEADER_LINE : undefined)
    }
    if (Array.isArray(value)) return value.slice(0, MOST_LISTED).map((element) => this.#worded(name, element))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, this.#worded(key, part)]))
  }
}
