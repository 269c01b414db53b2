/** Which journal is meant, and whether it can be read: all of its files, or none. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'

import { relayoutError } from '../../../core/errors.js'
import { addressKeyFile, readAddressKey } from '../../../journal/address-key.js'
import { olderFiles } from '../../../journal/rotation.js'
import { hashedAddress } from '../../../journal/wording.js'
import { openInstallation, unreadable } from '../../installation.js'

export interface JournalChoice {
  readonly journal?: string
  readonly config?: string
}

export interface JournalToRead {
  readonly file: string
  /** Those that there are, the oldest first. */
  readonly files: readonly string[]
  /** As a journal with hashed addresses has one; undefined: there is no key. */
  readonly hashed: ((address: string) => string) | undefined
  /** Why the key cannot be read. */
  readonly noKey: string
}

/** Rejects with a RelayoutError. */
export async function journalToRead({ journal, config }: JournalChoice): Promise<JournalToRead> {
  const file = journal ?? configured(config)
  const files = await readable(file)
  try {
    const key = readAddressKey(file)
    return { file, files, hashed: (address) => hashedAddress(key, address), noKey: '' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const noKey =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'you may not read it' : String(error)
    return { file, files, hashed: undefined, noKey }
  }
}

export function journalKeyUnreadable({ file, noKey }: JournalToRead) {
  return relayoutError('RELAYOUT_E_HASHED_ADDRESSES', { file, key: addressKeyFile(file), why: noKey })
}

/** As the plugin resolves it: relative to the folder with config/ in it. */
function configured(folder: string | undefined): string {
  const { configFolder, settings } = openInstallation(folder)
  if (configFolder === undefined) {
    throw relayoutError('RELAYOUT_E_NO_JOURNAL', {
      why: 'there is no config folder of Haraka here, and none is named with --config',
    })
  }
  const { journal } = settings.settings.main
  if (journal !== undefined) return path.relative('', path.resolve(path.dirname(configFolder), journal))
  const ini = path.relative('', path.join(configFolder, 'relayout.ini'))
  throw relayoutError('RELAYOUT_E_NO_JOURNAL', { why: `${ini} does not name one` })
}

/** Not to read one of them would leave holes that nobody sees. */
async function readable(file: string): Promise<string[]> {
  const older = await olderFiles(file).catch(() => [])
  const found: string[] = []
  for (const name of [...older.map((one) => one.name).reverse(), file]) {
    try {
      if ((await stat(name)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
      await access(name, constants.R_OK)
      found.push(name)
    } catch (error) {
      // It may just be renamed.
      if (name === file && found.length > 0 && (error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw unreadable(name, error)
    }
  }
  return found
}
