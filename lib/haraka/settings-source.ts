/**
 * The settings from Haraka's configuration: read at start-up, then whenever relayout.ini or a file of secrets that it
 * names changes.
 *
 * At start-up a bad value is named and its default used; where mail would go the wrong way the constructor throws.
 * Later any mistake leaves the last good settings in force, whole. (Contract 1.)
 */
import { RelayoutError } from '../core/errors.js'
import { describeChange } from '../core/settings/describe-change.js'
import type { Problem, Settings, SettingsResult } from '../core/settings/settings.js'
import { readSettings, SETTINGS_FILE } from '../policy/read-settings.js'
import type { EventLog } from './event-log.js'
import type { HarakaPlugin } from './shapes.js'

export class SettingsSource {
  readonly #plugin: HarakaPlugin
  readonly #log: EventLog
  readonly #changed: (changes: readonly string[]) => void
  #problems: readonly Problem[]
  #settings: Settings
  #watching = false

  constructor(plugin: HarakaPlugin, log: EventLog, changed: (changes: readonly string[]) => void) {
    this.#plugin = plugin
    this.#log = log
    this.#changed = changed
    const { settings, problems, remarks, fatal } = this.#parse()
    const [first] = fatal
    if (first) throw new RelayoutError(first.code, [...fatal, ...problems].map(({ sentence }) => sentence).join('\n'))
    this.#settings = settings
    this.#problems = [...problems, ...remarks]
  }

  get settings(): Settings {
    return this.#settings
  }

  /** Logs what start-up found, and takes up changes from now on. */
  watch(): void {
    this.#logProblems('warn', this.#problems)
    this.#watching = true
  }

  /** For Haraka to call after every change of relayout.ini or of a file that it names. */
  readonly #reload = (): void => {
    if (!this.#watching) return
    const { settings, problems, remarks, fatal } = this.#parse()
    const mistakes = [...fatal, ...problems]
    if (mistakes.length > 0) {
      this.#logProblems('error', mistakes)
      this.#log.event('error', 'reload', {
        file: SETTINGS_FILE,
        kept: 'the last good settings',
        problems: mistakes.length,
      })
      return
    }
    const changes = describeChange(this.#settings, settings)
    if (changes.length === 0) return
    this.#settings = settings
    this.#log.event('notice', 'reload', { file: SETTINGS_FILE, changed: changes.join(', ') })
    this.#logProblems('warn', remarks)
    this.#changed(changes)
  }

  #parse(): SettingsResult {
    return readSettings(this.#plugin.config, this.#reload)
  }

  #logProblems(level: 'warn' | 'error', problems: readonly Problem[]): void {
    for (const { code, sentence } of problems) this.#log.event(level, 'settings', { code, problem: sentence })
  }
}
