/** The settings from relayout.ini and the files of secrets that it names, through Haraka's configuration (contract 1). */
import { isUtf8 } from 'node:buffer'
import { domainToASCII, domainToUnicode } from 'node:url'

import { parseSettings } from '../core/settings/parse-settings.js'
import type { SettingsEnv, SettingsResult } from '../core/settings/settings.js'
import type { ConfigReader } from './config-reader.js'

export const SETTINGS_FILE = 'relayout.ini'

/** Never throws. `changed` is called after each edit of one of the files. */
export function readSettings(config: ConfigReader, changed?: () => void): SettingsResult {
  return parseSettings(config.get(SETTINGS_FILE, 'ini', changed), environment(config, changed))
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
