/** A script of the installation, as a file in Haraka's config folder. */
import { createHash } from 'node:crypto'

import type { ScriptSource } from '../script/port.js'
import type { ConfigReader } from './config-reader.js'

/** Of the file with these bytes. */
export function scriptSource(name: string, bytes: Uint8Array): ScriptSource {
  return {
    name,
    bytes: Uint8Array.from(bytes),
    version: createHash('sha256').update(bytes).digest('hex').slice(0, 8),
  }
}

/** A file that is not there is the same as an empty one (contract 4). */
export function noScript(name: string): ScriptSource {
  return { name, bytes: new Uint8Array(), version: 'none' }
}

/** Undefined when there is no such file. `changed` is called after each edit. */
export function readScript(config: ConfigReader, name: string, changed?: () => void): ScriptSource | undefined {
  const bytes = config.get(name, 'binary', changed)
  return bytes instanceof Uint8Array ? scriptSource(name, bytes) : undefined
}
