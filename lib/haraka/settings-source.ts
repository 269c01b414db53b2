/**
 * The settings from Haraka's configuration: read at start-up, then whenever relayout.ini changes.
 *
 * At start-up a bad value is named and its default used; where mail would go the wrong way the constructor throws.
 * Later any mistake leaves the last good settings in force, whole. (Contract 1.)
 */
import { domainToUnicode } from 'node:url'

import { RelayoutError } from '../core/errors.js'
import { parseAuthFile } from '../core/settings/auth-file.js'
import { describeChange } from '../core/settings/describe-change.js'
import { parseSettings } from '../core/settings/parse-settings.js'
import type { Problem, Settings, SettingsEnv, SettingsResult } from '../core/settings/settings.js'
import type { EventLog } from './event-log.js'
import { keysNotInForce } from './not-in-force.js'
import type { HarakaPlugin } from './shapes.js'

const FILE = 'relayout.ini'

export class SettingsSource {
  readonly #plugin: HarakaPlugin
  readonly #log: EventLog
  readonly #changed: () => void
  #problems: readonly Problem[]
  #settings: Settings

  constructor(plugin: HarakaPlugin, log: EventLog, changed: () => void) {
    this.#plugin = plugin
    this.#log = log
    this.#changed = changed
    const { settings, problems, fatal } = this.#parse(plugin.config.get(FILE, 'ini'))
    const [first] = fatal
    if (first) throw new RelayoutError(first.code, fatal.map(({ sentence }) => sentence).join('\n'))
    this.#settings = settings
    this.#problems = problems
  }

  get settings(): Settings {
    return this.#settings
  }

  /** Logs what start-up found, and takes up changes from now on. */
  watch(): void {
    this.#logProblems('warn', this.#problems)
    this.#logNotInForce(this.#plugin.config.get(FILE, 'ini', () => this.#reload()))
  }

  #reload(): void {
    const raw = this.#plugin.config.get(FILE, 'ini', () => this.#reload())
    const { settings, problems, fatal } = this.#parse(raw)
    const mistakes = [...fatal, ...problems]
    if (mistakes.length > 0) {
      this.#logProblems('error', mistakes)
      this.#log.event('error', 'reload', { file: FILE, kept: 'the last good settings', problems: mistakes.length })
      return
    }
    const changes = describeChange(this.#settings, settings)
    if (changes.length === 0) return
    this.#settings = settings
    this.#log.event('notice', 'reload', { file: FILE, changed: changes.join(', ') })
    this.#logNotInForce(raw)
    this.#changed()
  }

  #parse(raw: unknown): SettingsResult {
    return parseSettings(raw, this.#env())
  }

  #env(): SettingsEnv {
    return {
      readSecretFile: (name) => {
        try {
          const file = this.#plugin.config.get(name, 'binary')
          if (!(file instanceof Uint8Array)) return { error: 'no such file' }
          return parseAuthFile(Buffer.from(file).toString('utf8'))
        } catch (error) {
          return { error: (error as NodeJS.ErrnoException).code ?? 'cannot be read' }
        }
      },
      domainToUnicode,
    }
  }

  #logNotInForce(raw: unknown): void {
    const keys = keysNotInForce(raw)
    if (keys.length === 0) return
    const problem = `this version reads ${keys.join(', ')} but does not carry it out yet`
    this.#log.event('warn', 'settings', { problem })
  }

  #logProblems(level: 'warn' | 'error', problems: readonly Problem[]): void {
    for (const { code, sentence } of problems) this.#log.event(level, 'settings', { code, problem: sentence })
  }
}
