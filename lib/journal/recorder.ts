/**
 * From what happened to a line of the journal: the common fields, and every text bounded and, where that is wanted,
 * without local parts of addresses. Whatever is no name of ours goes through that: a new field cannot be forgotten.
 *
 * The JSON is put together by hand: a dozen of these lines are made for each message, and to build an object for
 * JSON.stringify takes twice the time.
 */
import type { Clock } from '../core/clock.js'
import type { JournalWriter } from './journal-writer.js'
import { JOURNAL_VERSION, type JournalEvent, type JournalEvents, type JournalItem } from './records.js'
import { MOST_TEXT, type Wording } from './wording.js'

/** Names that the administrator, Haraka or the plugin gave. */
const NAMES = [
  ...['file', 'sender', 'senders', 'script', 'version', 'kept', 'server', 'address', 'port', 'stage', 'answer'],
  ...['outcome', 'phase', 'function', 'kind', 'queued', 'lastTry', 'since', 'addresses'],
]

/** A whole address. */
const ADDRESSES = ['from', 'to', 'sent']

type Kind = 'name' | 'address' | 'header' | 'text'

/** By field; of those that are not here it is `text`. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...NAMES.map((name) => [name, 'name'] as const),
  ...ADDRESSES.map((name) => [name, 'address'] as const),
  ['headers', 'header'],
])

/** A header's lines are bounded together, where they are read. */
const MOST_HEADER_LINE = 64 * 1024

/** So many elements of a list at most. */
export const MOST_LISTED = 10_000

/** The texts of a long list are cut shorter: what was said of each of thousands of recipients would be a line of megabytes. */
const MOST_LISTED_TEXT = 1_000_000
const LEAST_LISTED_TEXT = 100

export class Recorder {
  readonly #writer: Pick<JournalWriter, 'add' | 'hold'>
  readonly #wording: Wording
  readonly #clock: Clock
  /** The time of the last line, as it stands there: many come within one millisecond. */
  #lastMs = NaN
  #lastTime = ''

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
    let line = `{"v":${JOURNAL_VERSION},"t":"${this.#time(nowMs)}","event":"${event}","pid":${process.pid}`
    if (about) line += `,"id":${quoted(about.id)},"item":${quoted(about.item)}`
    return `${line}${this.#members(fields, ',', undefined)}}`
  }

  #time(nowMs: number): string {
    if (nowMs !== this.#lastMs) {
      this.#lastMs = nowMs
      this.#lastTime = new Date(nowMs).toISOString()
    }
    return this.#lastTime
  }

  /** `most`: characters of each text. */
  #members(fields: object, before: string, most: number | undefined): string {
    let json = ''
    let separator = before
    for (const name in fields) {
      const value = (fields as Readonly<Record<string, unknown>>)[name]
      if (value === undefined) continue
      json += `${separator}"${name}":${this.#value(value, KINDS.get(name) ?? 'text', most)}`
      separator = ','
    }
    return json
  }

  #value(value: unknown, kind: Kind, most: number | undefined): string {
    if (typeof value === 'string') return quoted(this.#worded(value, kind, most))
    if (typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value)
    if (Array.isArray(value)) return this.#list(value, kind)
    if (typeof value === 'object' && value !== null) return `{${this.#members(value, '', most)}}`
    return 'null'
  }

  #list(values: readonly unknown[], kind: Kind): string {
    const listed = values.length > MOST_LISTED ? values.slice(0, MOST_LISTED) : values
    const share = Math.max(LEAST_LISTED_TEXT, Math.floor(MOST_LISTED_TEXT / listed.length))
    let json = ''
    for (const value of listed) {
      json += `${json === '' ? '' : ','}${this.#value(value, kind, share < MOST_TEXT ? share : undefined)}`
    }
    return `[${json}]`
  }

  #worded(text: string, kind: Kind, most: number | undefined): string {
    switch (kind) {
      case 'name':
        return text
      case 'address':
        return this.#wording.address(text)
      case 'header':
        return this.#wording.text(text, MOST_HEADER_LINE)
      case 'text':
        return this.#wording.text(text, most)
    }
  }
}

/** What JSON escapes in strings, and lone surrogates, which it escapes too. */
// eslint-disable-next-line no-control-regex
const ESCAPED = /[\x00-\x1f"\\\ud800-\udfff]/

function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}
