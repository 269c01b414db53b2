/**
 * The script files in Haraka's config folder: read and watched by Haraka's own configuration, so that an edit is
 * picked up live.
 *
 * A changed file is run once on trial; one that does not compile or whose top level fails never replaces a working
 * one. A file that is not there is an empty script, said once. (Contract 4.)
 */
import { createHash } from 'node:crypto'

import { fromBytes } from '../core/byte-string.js'
import { sentence } from '../core/errors.js'
import type { ScriptFailure, ScriptSource } from '../script/port.js'
import type { EventLog } from './event-log.js'
import type { HarakaConfig } from './shapes.js'

/** Runs a script on trial; the failure, or undefined. */
export type Trial = (source: ScriptSource) => Promise<ScriptFailure | undefined>

export interface ScriptsOptions {
  /** Haraka's own configuration: the plugin's would fall back on the script that the package ships. */
  readonly config: HarakaConfig
  readonly log: EventLog
  readonly trial: Trial
  /** Called when a script was replaced. */
  replaced(name: string): void
}

interface Held {
  source: ScriptSource
  /** False until a trial has succeeded: such a script gives way to any other. */
  works: boolean
  /** The version whose trial runs or ran last. */
  tried: string
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

  /** Reads the file, unless that was done before, and watches it from then on. */
  #load(name: string): Held {
    const source = this.#read(name)
    if (!source) {
      const error = sentence('RELAYOUT_E_SCRIPT_MISSING', { file: name })
      this.#options.log.event('warn', 'script', { script: name, error })
    }
    const first = source ?? { name, bytes: new Uint8Array(), version: 'none' }
    const held: Held = { source: first, works: false, tried: first.version }
    this.#held.set(name, held)
    if (source) void this.#try(held, source)
    return held
  }

  #read(name: string): ScriptSource | undefined {
    const bytes = this.#options.config.get(name, 'binary', () => this.#changed(name))
    if (!(bytes instanceof Uint8Array)) return undefined
    return { name, bytes, version: createHash('sha256').update(bytes).digest('hex').slice(0, 8) }
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
    const { log } = this.#options
    const isNew = source.version !== held.source.version
    const event = { script: source.name, version: source.version }
    if (failure) {
      const kept = held.works ? { kept: held.source.version } : {}
      const message = fromBytes(failure.message)
      const error = held.works ? sentence('RELAYOUT_E_SCRIPT_RELOAD', { file: source.name, message }) : message
      const traceback = fromBytes(failure.traceback) || undefined
      log.event('error', isNew ? 'reload' : 'script', { ...event, ...kept, error, traceback })
      if (held.works) return
    }
    held.source = source
    held.works = !failure
    if (!isNew) return
    if (!failure) log.event('notice', 'reload', event)
    this.#options.replaced(source.name)
  }
}
