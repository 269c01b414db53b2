/**
 * Functions of Lua that a script does not have. Each name is there, so that a script which only mentions it loads, and
 * each says when it is called what is missing and why.
 */
import { REMOVED_FUNCTIONS } from '../removed-functions.js'
import { ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'

export const LIBRARIES_WITH_REMOVALS = Object.keys(REMOVED_FUNCTIONS)

/** `script`: the file's name, for the sentence. */
export function removedFunctions(library: string, script: string): Natives {
  const prefix = library === '' ? '' : `${library}.`
  return Object.fromEntries(
    Object.entries(REMOVED_FUNCTIONS[library] ?? {}).map(([name, why]) => [
      name,
      missing(`${prefix}${name}`, script, why),
    ]),
  )
}

export function missing(name: string, script: string, why: string): () => never {
  return () => {
    throw new ScriptFault(`${name} is not available in ${script}: ${why}`)
  }
}
