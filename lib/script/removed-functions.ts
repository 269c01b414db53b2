/** Functions of Lua that a script does not have, and why: what calls of them say, and what is said before they are called. */

const FILES = 'a script cannot read or write files'
const PROGRAMS = 'a script cannot start programs'
const NATIVE = 'a script cannot load other code'
const DEBUG = 'the debug library would open the limits that a script runs in'
const ENVIRONMENT =
  "function environments went away with Lua 5.2: give a chunk one by load(text, 'name', 't', environment), " +
  'a function by local _ENV = environment in it'

/** Library name ('' for the globals) to function names to reasons. */
export const REMOVED_FUNCTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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

/** For any name of `VPOP3` that there is not. */
export const NOT_IN_VPOP3 = 'that part of VPOP3 does not exist here'

/** Of os.getenv. */
export const ONE_VARIABLE = "only 'TZ' is"

/** Why there is no such function; undefined for any other name. */
export function whyRemoved(library: string, name: string): string | undefined {
  const functions = Object.hasOwn(REMOVED_FUNCTIONS, library) ? (REMOVED_FUNCTIONS[library] ?? {}) : {}
  return Object.hasOwn(functions, name) ? functions[name] : undefined
}
