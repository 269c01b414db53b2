/** A rehearsal of the installation that the options name. */
import { relayoutError, sentence } from '../../core/errors.js'
import type { Settings } from '../../core/settings/settings.js'
import { ScriptClock } from '../../script/script-clock.js'
import type { Context } from '../command.js'
import { type Installation, openInstallation, scriptAt, scriptsOf, usableSettings } from '../installation.js'
import { readTime } from '../read-time.js'
import { type Heard, Rehearsal } from './rehearsal.js'
import { senderNamed } from './sender-named.js'

export interface RehearsalChoice {
  readonly config?: string
  readonly script?: string
  readonly sender?: string
  readonly at?: string
}

export interface OpenRehearsal {
  readonly installation: Installation
  readonly settings: Settings
  readonly rehearsal: Rehearsal
  /** Grows while it is asked. */
  readonly heard: Heard[]
  /** What the scripts take for now, ms since the epoch. */
  readonly atMs: number
}

/** Mistakes of the settings are said beside the result. Throws a RelayoutError. */
export function openRehearsal({ terminal }: Context, choice: RehearsalChoice): OpenRehearsal {
  const nowMs = Date.now()
  const atMs = choice.at === undefined ? nowMs : readTime(choice.at, nowMs)
  const given = choice.script === undefined ? undefined : scriptAt(choice.script)
  const installation = openInstallation(choice.config)
  if (installation.configFolder === undefined && !given) throw relayoutError('RELAYOUT_E_NO_CONFIG', {})
  const settings = usableSettings(installation, (mistake) => terminal.remark(mistake))
  if (choice.sender !== undefined) senderNamed(settings.senders, choice.sender)
  const clock = new ScriptClock()
  if (choice.at !== undefined) clock.set(atMs)
  const heard: Heard[] = []
  const rehearsal = new Rehearsal({
    settings,
    only: choice.sender,
    script: scriptsOf(installation, given),
    clock,
    retryIntervals: installation.retryIntervals,
    hear: (something) => heard.push(something),
  })
  if (!given) heard.push(...missingScripts(installation, rehearsal))
  return { installation, settings, rehearsal, heard, atMs }
}

function missingScripts(installation: Installation, { senders }: Rehearsal): Heard[] {
  return senders
    .filter(({ script }) => installation.script(script) === undefined)
    .map(({ name, script }) => ({
      sender: name,
      kind: 'failure',
      text: sentence('RELAYOUT_E_SCRIPT_MISSING', { file: script }),
    }))
}
