/**
 * The plugin's lines in Haraka's log (contract 9): one line an event, `event key=value …`, the uuid of the item or
 * transaction where Haraka has it. No value, whoever chose it, can break the line or pass for another field.
 */
import type { Clock } from '../core/clock.js'
import { type LogValue, logFields } from '../core/log-line.js'
import type { HarakaPlugin, HMail, Transaction } from './shapes.js'

type LogValues = Readonly<Record<string, LogValue>>

export interface Failure {
  /** Such as the sender and the function. */
  readonly place: string
  readonly text: string
}

export type Level = 'debug' | 'info' | 'notice' | 'warn' | 'error'

/** What a line is about, where Haraka has a uuid for it. */
type Subject = HMail | Pick<Transaction, 'uuid'>

/** Between two lines about the same failure (contract 4). */
const REPEAT_MS = 60_000

/** How many different failures are remembered, so that a script cannot fill the memory with them. */
const REMEMBERED_FAILURES = 1_000

/** Different texts of one place within that time; more of them are one and the same failure. */
const TEXTS_OF_ONE_PLACE = 10

export class EventLog {
  readonly #plugin: HarakaPlugin
  readonly #clock: Clock
  readonly #failures = new Map<string, { loggedMs: number; unlogged: number }>()
  readonly #places = new Map<string, { sinceMs: number; texts: number }>()

  constructor(plugin: HarakaPlugin, clock: Clock) {
    this.#plugin = plugin
    this.#clock = clock
  }

  event(level: Level, name: string, values: LogValues, subject?: Subject): void {
    const log = this.#plugin[`log${level}`]
    const uuid = subject && ('todo' in subject ? subject.todo.uuid : subject.uuid)
    // Haraka takes the uuid from an object that has one, and prints a plain object as its fields.
    if (uuid) log.call(this.#plugin, `${name} `, new LoggedSubject(uuid), logFields(values))
    else log.call(this.#plugin, `${name} `, logFields(values))
  }

  /**
   * A failure that may come with every message: the first is logged, then at most one a minute, with the number of
   * those in between. Failures with the same `place` and `text` are the same; so are those of a place that has a new
   * text again and again.
   */
  failure({ place, text }: Failure, level: Level, name: string, values: LogValues, subject?: Subject): void {
    const now = this.#clock.monotonicMs()
    let key = `${place}\n${text}`
    let known = this.#failures.get(key)
    if (!known && this.#hasManyTexts(place, now)) {
      key = place
      known = this.#failures.get(key)
    }
    if (known && now - known.loggedMs < REPEAT_MS) {
      known.unlogged++
      return
    }
    const repeated = known?.unlogged ? { repeated: known.unlogged } : {}
    remember(this.#failures, key, { loggedMs: now, unlogged: 0 })
    this.event(level, name, { ...values, ...repeated }, subject)
  }

  /** Something was mended, or so somebody thinks: what fails the same way now is a new failure. */
  forgetFailures(): void {
    this.#failures.clear()
    this.#places.clear()
  }

  /** Counts one more. */
  #hasManyTexts(place: string, now: number): boolean {
    const counted = this.#places.get(place)
    if (!counted || now - counted.sinceMs >= REPEAT_MS) {
      remember(this.#places, place, { sinceMs: now, texts: 1 })
      return false
    }
    counted.texts++
    return counted.texts > TEXTS_OF_ONE_PLACE
  }
}

/** Anew, as the youngest; the oldest makes room. */
function remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
  known.delete(key)
  known.set(key, value)
  if (known.size <= REMEMBERED_FAILURES) return
  const [oldest] = known.keys()
  if (oldest !== undefined) known.delete(oldest)
}

class LoggedSubject {
  readonly uuid: string

  constructor(uuid: string) {
    this.uuid = uuid
  }
}
