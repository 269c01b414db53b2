/** The settings from relayout.ini and the files of secrets that it names, through Haraka's configuration (contract 1). */
import { isUtf8 } from 'node:buffer'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { domainToASCII, domainToUnicode } from 'node:url'

import { sentence } from '../core/errors.js'
import { parseSettings } from '../core/settings/parse-settings.js'
import type { Problem, SettingsEnv, SettingsResult } from '../core/settings/settings.js'
import type { ConfigReader } from './config-reader.js'

export const SETTINGS_FILE = 'relayout.ini'

/** Never throws. `changed` is called after each edit of one of the files. */
export function readSettings(config: ConfigReader, changed?: () => void): SettingsResult {
  const result = parseSettings(config.get(SETTINGS_FILE, 'ini', changed), environment(config, changed))
  const scripts = new Set(result.settings.senders.map(({ script }) => script))
  const unreadable = [SETTINGS_FILE, ...scripts].flatMap((name) => unreadableFile(config, name))
  return unreadable.length === 0 ? result : { ...result, fatal: [...unreadable, ...result.fatal] }
}

/** Haraka's reader takes a file that it may not read for one that is not there: all mail would go without any rules. */
function unreadableFile({ overrides_path, root_path }: ConfigReader, name: string): Problem[] {
  const folder = overrides_path ?? root_path
  if (folder === undefined) return []
  try {
    accessSync(path.join(folder, name), constants.R_OK)
    return []
  } catch (error) {
    const { code: why = 'error' } = error as NodeJS.ErrnoException
    if (why === 'ENOENT' || why === 'ENOTDIR') return []
    const code = 'RELAYOUT_E_UNREADABLE_FILE'
    return [{ code, sentence: sentence(code, { file: name, why }), section: '', key: '' }]
  }
}

function environment(config: ConfigReader, changed: (() => void) | undefined): SettingsEnv {
  return {
    readSecretFile: (name) => {
      try {
        const file = config.get(name, 'binary', changed)
        if (!(file instanceof Uint8Array)) return { error: 'no such file, or one that Haraka may not read' }
        return isUtf8(file) ? { content: Buffer.from(file).toString() } : { error: 'it is no UTF-8 text' }
      } catch (error) {
        return { error: (error as NodeJS.ErrnoException).code ?? 'it cannot be read' }
      }
    },
    domainToUnicode,
    domainToASCII,
  }
}
