/**
 * The script files in Haraka's config folder: read and watched by Haraka's own configuration, so that an edit is
 * picked up live.
 *
 * A changed file is run once on trial; one that does not compile or whose top level fails never replaces a working
 * one. A file that is not there is an empty script, said once. (Contract 4.) What a changed script then does with
 * messages is compared with what the one before did, and that one can come back (`script_breaker`).
 */
import { fromBytes } from '../core/byte-string.js'
import { sentence } from '../core/errors.js'
import { type Act, type BreakerLimits, type Harm, type Rise, ScriptBreaker } from '../core/script-breaker.js'
import type { ScriptFailure, ScriptSource } from '../script/port.js'
import type { ConfigReader } from '../policy/config-reader.js'
import { failureSentence } from '../policy/failure.js'
import { noScript, readScript } from '../policy/script-file.js'
import type { EventLog } from './event-log.js'
import type { Journal } from './journal.js'

/** Runs a script on trial; the failure, or undefined. */
export type Trial = (source: ScriptSource) => Promise<ScriptFailure | undefined>

export interface ScriptsOptions {
  /** Haraka's own configuration: the plugin's would fall back on the script that the package ships. */
  readonly config: ConfigReader
  readonly log: EventLog
  readonly journal: Journal
  readonly trial: Trial
  /** What a first script that fails means for messages, as a sentence. */
  readonly whenFailing: () => string
  readonly breaker: () => BreakerLimits & { readonly mode: 'off' | 'warn' | 'rollback' }
  /** Called when a script was replaced. */
  replaced(name: string): void
}

interface Held {
  source: ScriptSource
  /** False until a trial has succeeded: such a script gives way to any other. */
  works: boolean
  /** The version whose trial runs or ran last. */
  tried: string
  readonly breaker: ScriptBreaker<ScriptSource>
}

const HARMS: Readonly<Record<Harm, string>> = {
  skipped: 'skips',
  failed: 'fails with',
  refused: 'turns replies into failures for',
}

export class Scripts {
  readonly #options: ScriptsOptions
  readonly #held = new Map<string, Held>()

  constructor(options: ScriptsOptions) {
    this.#options = options
  }

  /** The script of that name as it is in force. */
  current(name: string): ScriptSource {
    return (this.#held.get(name) ?? this.#load(name)).source
  }

  /** A version of a script has done something with a message, for which `item` stands. */
  note(name: string, version: string, act: Act, sender: string, item: object): void {
    const held = this.#held.get(name)
    const rise = this.#options.breaker().mode === 'off' ? undefined : held?.breaker.note(version, act, sender, item)
    if (held && rise) this.#tripped(held, rise)
  }

  #tripped(held: Held, rise: Rise<ScriptSource>): void {
    const { log } = this.#options
    const { name, version } = held.source
    const back = this.#options.breaker().mode === 'rollback'
    const { harm, messages, share, shareBefore } = rise
    const done = back
      ? 'The version before is in force again until the file changes'
      : 'The new version stays in force; script_breaker = rollback would go back to the one before'
    const error = sentence('RELAYOUT_E_SCRIPT_BREAKER', {
      file: name,
      harm: HARMS[harm],
      share,
      messages,
      before: shareBefore,
      done,
    })
    const figures = { [harm]: `${share}%`, [`${harm}_before`]: `${shareBefore}%`, messages }
    log.event('error', 'breaker', { script: name, version, before: rise.before.version, ...figures, error })
    if (!back) return
    held.breaker.rollBack()
    held.source = rise.before
    held.works = true
    log.event('notice', 'reload', { script: name, version: held.source.version })
    this.#options.journal.reload({ script: name, version: held.source.version, error })
    this.#options.replaced(name)
  }

  /** Reads the file, unless that was done before, and watches it from then on. */
  #load(name: string): Held {
    const source = this.#read(name)
    if (!source) {
      const error = sentence('RELAYOUT_E_SCRIPT_MISSING', { file: name })
      this.#options.log.event('warn', 'script', { script: name, error })
    }
    const first = source ?? noScript(name)
    const breaker = new ScriptBreaker<ScriptSource>(() => this.#options.breaker())
    const held: Held = { source: first, works: false, tried: first.version, breaker }
    breaker.changed(first)
    this.#held.set(name, held)
    if (source) void this.#try(held, source)
    return held
  }

  #read(name: string): ScriptSource | undefined {
    return readScript(this.#options.config, name, () => this.#changed(name))
  }

  #changed(name: string): void {
    const held = this.#held.get(name)
    const source = this.#read(name)
    if (held && source && source.version !== held.tried) void this.#try(held, source)
  }

  async #try(held: Held, source: ScriptSource): Promise<void> {
    held.tried = source.version
    const failure = await this.#options.trial(source)
    if (held.tried !== source.version) return // changed again meanwhile
    const { log, journal } = this.#options
    const isNew = source.version !== held.source.version
    const event = { script: source.name, version: source.version }
    if (failure) {
      const kept = held.works ? { kept: held.source.version } : {}
      const message = fromBytes(failure.message)
      const error = held.works
        ? sentence('RELAYOUT_E_SCRIPT_RELOAD', { file: source.name, message })
        : failureSentence(failure, this.#options.whenFailing())
      const traceback = fromBytes(failure.traceback) || undefined
      log.event('error', isNew ? 'reload' : 'script', { ...event, ...kept, error, traceback })
      if (isNew) journal.reload({ ...event, ...kept, error })
      if (held.works) return
    }
    held.source = source
    held.works = !failure
    if (!isNew) return
    if (!failure) {
      log.event('notice', 'reload', event)
      journal.reload(event)
    }
    held.breaker.changed(source)
    this.#options.replaced(source.name)
  }
}
