/**
 * The plugin's lines in Haraka's log (contract 9): one line an event, `event key=value …`, the item's uuid where
 * Haraka has it. No value, whoever chose it, can break the line or pass for another field.
 */
import type { Clock } from '../core/clock.js'
import { type LogValue, logFields } from '../core/log-line.js'
import type { HarakaPlugin, HMail } from './shapes.js'

type LogValues = Readonly<Record<string, LogValue>>

export type Level = 'debug' | 'info' | 'notice' | 'warn' | 'error'

/** Between two lines about the same failure (contract 4). */
const REPEAT_MS = 60_000

/** How many different failures are remembered, so that a script cannot fill the memory with them. */
const REMEMBERED_FAILURES = 1_000

export class EventLog {
  readonly #plugin: HarakaPlugin
  readonly #clock: Clock
  readonly #failures = new Map<string, { loggedMs: number; unlogged: number }>()

  constructor(plugin: HarakaPlugin, clock: Clock) {
    this.#plugin = plugin
    this.#clock = clock
  }

  event(level: Level, name: string, values: LogValues, hmail?: HMail): void {
    const log = this.#plugin[`log${level}`]
    const uuid = hmail?.todo.uuid
    // Haraka takes the uuid from an object that has one, and prints a plain object as its fields.
    if (uuid) log.call(this.#plugin, `${name} `, new LoggedItem(uuid), logFields(values))
    else log.call(this.#plugin, `${name} `, logFields(values))
  }

  /**
   * A failure that may come with every message: the first is logged, then at most one a minute, with the number of
   * those in between. `key` says which failures are the same.
   */
  failure(key: string, level: Level, name: string, values: LogValues, hmail?: HMail): void {
    const now = this.#clock.monotonicMs()
    const known = this.#failures.get(key)
    if (known && now - known.loggedMs < REPEAT_MS) {
      known.unlogged++
      return
    }
    const repeated = known?.unlogged ? { repeated: known.unlogged } : {}
    this.#failures.delete(key)
    this.#failures.set(key, { loggedMs: now, unlogged: 0 })
    if (this.#failures.size > REMEMBERED_FAILURES) {
      const [oldest] = this.#failures.keys()
      if (oldest !== undefined) this.#failures.delete(oldest)
    }
    this.event(level, name, { ...values, ...repeated }, hmail)
  }
}

class LoggedItem {
  readonly uuid: string

  constructor(uuid: string) {
    this.uuid = uuid
  }
}
