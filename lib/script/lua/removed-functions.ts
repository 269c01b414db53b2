/**
 * Functions of Lua that a script does not have. Each name is there, so that a script which only mentions it loads, and
 * each says when it is called what is missing and why.
 */
import { ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'

const FILES = 'a script cannot read or write files'
const PROGRAMS = 'a script cannot start programs'
const NATIVE = 'a script cannot load other code'
const DEBUG = 'the debug library would open the limits that a script runs in'
const ENVIRONMENT =
  "function environments went away with Lua 5.2: give a chunk one by load(text, 'name', 't', environment), " +
  'a function by local _ENV = environment in it'

/** Library name ('' for the globals) to function names to reasons. */
const REMOVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    dofile: FILES,
    loadfile: FILES,
    require: NATIVE,
    module: `${NATIVE}: write local name = {} and put the functions there`,
    getfenv: ENVIRONMENT,
    setfenv: ENVIRONMENT,
    newproxy: 'it was never part of the language: use setmetatable({}, metatable)',
  },
  os: {
    execute: PROGRAMS,
    exit: 'a script cannot stop the mail server',
    remove: FILES,
    rename: FILES,
    tmpname: FILES,
    setlocale: 'the locale is always C',
  },
  io: Object.fromEntries(
    ['close', 'flush', 'input', 'lines', 'open', 'output', 'popen', 'read', 'tmpfile', 'type', 'write'].map((name) => [
      name,
      name === 'popen' ? PROGRAMS : FILES,
    ]),
  ),
  package: { loadlib: NATIVE, searchpath: NATIVE, seeall: NATIVE },
  string: { dump: 'a script cannot make bytecode' },
  debug: Object.fromEntries(
    [
      'debug',
      'gethook',
      'getinfo',
      'getlocal',
      'getmetatable',
      'getregistry',
      'getupvalue',
      'getuservalue',
      'sethook',
      'setlocal',
      'setmetatable',
      'setupvalue',
      'setuservalue',
      'upvalueid',
      'upvaluejoin',
    ].map((name) => [name, DEBUG]),
  ),
}

export const LIBRARIES_WITH_REMOVALS = Object.keys(REMOVED)

/** `script`: the file's name, for the sentence. */
export function removedFunctions(library: string, script: string): Natives {
  const prefix = library === '' ? '' : `${library}.`
  return Object.fromEntries(
    Object.entries(REMOVED[library] ?? {}).map(([name, why]) => [name, missing(`${prefix}${name}`, script, why)]),
  )
}

export function missing(name: string, script: string, why: string): () => never {
  return () => {
    throw new ScriptFault(`${name} is not available in ${script}: ${why}`)
  }
}
