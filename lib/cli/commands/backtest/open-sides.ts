/** The two scripts that are compared, each with the senders of the installation. */
import path from 'node:path'

import { relayoutError } from '../../../core/errors.js'
import type { SenderSettings, Settings } from '../../../core/settings/settings.js'
import type { ScriptClock } from '../../../script/script-clock.js'
import { type Installation, scriptAt, scriptsOf } from '../../installation.js'
import { Side } from './side.js'

export interface ScriptFiles {
  /** The new one. */
  readonly script: string
  /** The old one, where it is not what the settings name. */
  readonly against: string | undefined
  /** Only the sender of this name. */
  readonly only: string | undefined
}

/** The old one and the new one. Throws a RelayoutError. */
export function openSides(
  installation: Installation,
  settings: Settings,
  { script, against, only }: ScriptFiles,
  clock: ScriptClock,
): readonly [Side, Side] {
  const side = (given: string | undefined): Side => {
    const source = given === undefined ? undefined : scriptAt(given)
    const stands = given === undefined ? () => false : standsIn(given, settings.senders, only)
    const [own, replaced] = [scriptsOf(installation, undefined), scriptsOf(installation, source)]
    return new Side({
      settings,
      only,
      clock,
      retryIntervals: installation.retryIntervals,
      script: (sender) => (stands(sender) ? replaced : own)(sender),
      file: (sender) => (given !== undefined && stands(sender) ? given : inConfig(installation, sender)),
    })
  }
  return [side(against), side(script)]
}

function inConfig({ configFolder = '' }: Installation, { script }: SenderSettings): string {
  return path.relative('', path.join(configFolder, script))
}

/** For the one script that the settings name; of several for that of the same file name, or of the sender in question. */
function standsIn(file: string, senders: readonly SenderSettings[], only: string | undefined) {
  const names = [...new Set(senders.map(({ script }) => script))]
  const wanted = only === undefined ? path.basename(file) : senders.find(({ name }) => name === only)?.script
  if (names.length > 1 && (wanted === undefined || !names.includes(wanted))) {
    throw relayoutError('RELAYOUT_E_WHICH_SCRIPT', { file, scripts: names.join(', ') })
  }
  return ({ script }: SenderSettings): boolean => names.length === 1 || script === wanted
}
