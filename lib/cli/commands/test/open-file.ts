/** A rehearsal of what a file of expectations is about: its script and its settings, or those of the command line. */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'

import { relayoutError, RelayoutError } from '../../../core/errors.js'
import { nearMiss } from '../../../core/near-miss.js'
import type { Settings } from '../../../core/settings/settings.js'
import { SETTINGS_FILE } from '../../../policy/read-settings.js'
import type { ScriptSource } from '../../../script/port.js'
import { ScriptClock } from '../../../script/script-clock.js'
import type { Context } from '../../command.js'
import { type Installation, openInstallation, scriptAt, scriptsOf, usableSettings } from '../../installation.js'
import { type Heard, Rehearsal } from '../../rehearsal/rehearsal.js'
import type { Expectations } from './expectations.js'
import { Mistakes } from './mistakes.js'

export interface Chosen {
  readonly config?: string
  readonly script?: string
}

export interface OpenFile {
  readonly expectations: Expectations
  readonly settings: Settings
  readonly rehearsal: Rehearsal
  /** The scripts'. */
  readonly clock: ScriptClock
  /** Haraka's, seconds. */
  readonly retryIntervals: readonly number[]
  /** Grows while it is asked. */
  readonly heard: Heard[]
}

/** Mistakes of the settings are said. What the command line chooses goes before the file. Throws a RelayoutError. */
export function openFile({ terminal }: Context, expectations: Expectations, chosen: Chosen): OpenFile | Mistakes {
  const mistakes = new Mistakes(expectations.file)
  const given = script(expectations, chosen, mistakes)
  const config = chosen.config ?? settingsFolder(expectations, mistakes)
  if (mistakes.count > 0) return mistakes
  const installation = openInstallation(config)
  if (installation.configFolder === undefined && !given) throw relayoutError('RELAYOUT_E_NO_CONFIG', {})
  const settings = usableSettings(installation, (mistake) => terminal.remark(mistake))
  if (!given) needScripts(installation, settings)
  needSenders(expectations, settings, mistakes)
  if (mistakes.count > 0) return mistakes
  const heard: Heard[] = []
  const clock = new ScriptClock()
  const { retryIntervals } = installation
  const rehearsal = new Rehearsal({
    settings,
    script: scriptsOf(installation, given),
    clock,
    retryIntervals,
    hear: (something) => heard.push(something),
  })
  return { expectations, settings, rehearsal, clock, retryIntervals, heard }
}

function script({ folder, script: named }: Expectations, chosen: Chosen, mistakes: Mistakes): ScriptSource | undefined {
  if (chosen.script !== undefined) return scriptAt(chosen.script)
  if (!named) return undefined
  try {
    return scriptAt(path.resolve(folder, named.value))
  } catch (error) {
    if (!(error instanceof RelayoutError)) throw error
    mistakes.add('RELAYOUT_E_TEST_MESSAGE', named.place, { said: error.message })
    return undefined
  }
}

function settingsFolder({ folder, settings }: Expectations, mistakes: Mistakes): string | undefined {
  if (!settings) return undefined
  const named = path.resolve(folder, settings.value)
  const isFolder = existsSync(named) && statSync(named).isDirectory()
  if (isFolder) return named
  if (existsSync(named) && path.basename(named) === SETTINGS_FILE) return path.dirname(named)
  const why = existsSync(named) ? '' : '; there is no such file'
  const accepted = `a file ${SETTINGS_FILE}, or the folder that it is in,`
  mistakes.add('RELAYOUT_E_TEST_VALUE', settings.place, { key: 'settings', value: settings.value, accepted, why })
  return undefined
}

function needScripts(installation: Installation, { senders }: Settings): void {
  const missing = senders.find(({ script }) => installation.script(script) === undefined)
  if (!missing) return
  const folder = installation.configFolder ?? ''
  throw relayoutError('RELAYOUT_E_NO_SCRIPT', { file: missing.script, folder, purpose: 'test' })
}

function needSenders({ senders }: Expectations, settings: Settings, mistakes: Mistakes): void {
  const names = settings.senders.map(({ name }) => name)
  for (const { value: name, place } of senders.filter(({ value }) => !names.includes(value))) {
    const near = nearMiss(name, names)
    const known = near === undefined ? names.join(', ') : `${names.join(', ')} (did you mean ${near}?)`
    mistakes.add('RELAYOUT_E_TEST_UNKNOWN', place, { what: 'sender', name, known })
  }
}
