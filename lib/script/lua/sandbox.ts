/**
 * A new lua_State with what a script may use and nothing else (contract 4, "What a script cannot do").
 *
 * The lists are allow-lists: a library function that is not named here is not there. What Lua has and a script has not
 * is replaced by a function that says so. `load` takes text only: bytecode could reach past every limit.
 */
import { NOT_IN_VPOP3 } from '../removed-functions.js'
import { argument, setFunctions } from './arguments.js'
import type { Natives } from './arguments.js'
import { boundedLoad, ipairs, pairs, printer, toNumber, traceback } from './base-functions.js'
import { bit32Library } from './bit32-library.js'
import { toBytes } from './byte-string.js'
import { auxiliary, internals, LIBRARIES, lua, TYPE, watch } from './fengari-overrides.js'
import type { LuaFunction, LuaState, Table, TValue } from './fengari-types.js'
import { globalsOf } from './globals-table.js'
import { mathLibrary } from './math-library.js'
import { collector, oldMath, oldTable, RENAMED } from './old-names.js'
import { osLibrary } from './os-library.js'
import { LIBRARIES_WITH_REMOVALS, missing, removedFunctions } from './removed-functions.js'
import { callerLine } from './position.js'
import { stringChar, stringFormat, stringRep } from './string-format.js'
import { stringPack, stringPacksize, stringUnpack } from './string-pack.js'
import { keyOf, push, table } from './values.js'
import { vpop3Library } from './vpop3-library.js'

const ALLOWED: Readonly<Record<keyof typeof LIBRARIES, string>> = {
  base:
    '_G _VERSION assert error getmetatable next pcall rawequal rawget rawlen rawset select setmetatable tostring ' +
    'type xpcall',
  coroutine: 'create isyieldable resume running status wrap yield',
  math: 'abs acos asin atan ceil cos deg exp floor fmod huge log modf pi rad sin sqrt tan tointeger ult',
  string: 'byte find gmatch gsub len lower match reverse sub upper',
  table: 'concat insert move pack remove sort unpack',
  utf8: 'char charpattern codepoint codes len offset',
}

/** Functions, and libraries of functions, whose work grows with the length of a string or a table. */
const LONG_RUNNING = ['string', 'table', 'utf8', 'os', 'VPOP3', 'load', 'print', 'tonumber']

export interface SandboxOptions {
  /** The script's file name, for sentences. */
  readonly script: string
  readonly print: (line: string) => void
  /** Milliseconds since the epoch: os.date and os.time. */
  readonly now: () => number
}

export function newSandbox(options: SandboxOptions): LuaState {
  const L = auxiliary.luaL_newstate()
  for (const [name, open] of Object.entries(LIBRARIES)) {
    auxiliary.luaL_requiref(L, toBytes(name === 'base' ? '_G' : name), open, 1)
    keepOnly(L.stack[L.top - 1]?.value as Table, ALLOWED[name as keyof typeof LIBRARIES].split(' '))
    lua.lua_settop(L, 0)
  }
  define(L, '', {
    ipairs: ipairs(original('ipairs')),
    load: boundedLoad(original('load')),
    pairs: pairs(original('pairs')),
    tonumber: toNumber(original('tonumber')),
    print: printer(options.print),
    ...collector,
  })
  define(L, 'string', {
    char: stringChar,
    format: stringFormat,
    pack: stringPack,
    packsize: stringPacksize,
    rep: stringRep,
    unpack: stringUnpack,
  })
  define(L, 'math', { ...oldMath, ...mathLibrary() })
  define(L, 'table', oldTable)
  define(L, 'os', osLibrary(options.now))
  define(L, 'bit32', bit32Library)
  define(L, 'VPOP3', vpop3Library)
  define(L, 'debug', { traceback })
  for (const library of LIBRARIES_WITH_REMOVALS) define(L, library, removedFunctions(library, options.script))
  defineConstants(L)
  explainUnknown(L, 'VPOP3', options.script)
  const globals = globalsOf(L)
  for (const name of LONG_RUNNING) noteLines(globals.strong.get(keyOf(name))?.value)
  for (const [old, name] of Object.entries(RENAMED)) rename(L, old, name)
  return L
}

function keepOnly(library: Table, names: readonly string[]): void {
  const allowed = new Set(names.map(keyOf))
  const kept = [...library.strong].filter(([hash]) => allowed.has(String(hash)))
  library.strong = new Map(kept)
  library.f = kept[0]?.[1]
  library.l = kept.at(-1)?.[1]
  for (const [i, [, entry]] of kept.entries()) {
    entry.p = kept[i - 1]?.[1]
    entry.n = kept[i + 1]?.[1]
  }
}

/** For functions that can run for ever inside one call: then only the main thread can tell where. */
function noteLines(held: TValue | undefined): void {
  if (held?.ttistable() === true) {
    for (const { value } of (held.value as Table).strong.values()) noteLines(value)
  } else if (typeof held?.value === 'function') {
    const original = held.value as LuaFunction
    held.value = (L: LuaState): number => {
      watch.atLine(callerLine(L))
      return original(L)
    }
  }
}

/** Adds functions to a library of that name, '' for the globals, making it if there is none. */
function define(L: LuaState, library: string, functions: Natives): void {
  lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, lua.LUA_RIDX_GLOBALS)
  if (library !== '') {
    lua.lua_getfield(L, -1, toBytes(library))
    if (lua.lua_type(L, -1) !== TYPE.table) {
      lua.lua_settop(L, 1)
      lua.lua_createtable(L, 0, 0)
      lua.lua_pushvalue(L, -1)
      lua.lua_setfield(L, 1, toBytes(library))
      // Where Lua looks for the names of functions in messages.
      lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, toBytes('_LOADED'))
      lua.lua_pushvalue(L, 2)
      lua.lua_setfield(L, -2, toBytes(library))
      lua.lua_settop(L, 2)
    }
  }
  setFunctions(L, functions)
  lua.lua_settop(L, 0)
}

function defineConstants(L: LuaState): void {
  const math = globalsOf(L).strong.get(keyOf('math'))?.value
  if (math === undefined) return
  push(L, table(math.value as Table))
  for (const [name, value] of [
    ['maxinteger', Number.MAX_SAFE_INTEGER],
    ['mininteger', Number.MIN_SAFE_INTEGER],
  ] as const) {
    lua.lua_pushnumber(L, value)
    lua.lua_setfield(L, -2, toBytes(name))
  }
  lua.lua_settop(L, 0)
}

/** A name that a library does not have is a function which says so. */
function explainUnknown(L: LuaState, library: string, script: string): void {
  const held = globalsOf(L).strong.get(keyOf(library))?.value.value as Table
  push(L, table(held))
  lua.lua_createtable(L, 0, 1)
  lua.lua_pushcfunction(L, (L1) => {
    const name = `${library}.${argument.text(L1, 2)}`
    lua.lua_pushcfunction(L1, missing(name, script, NOT_IN_VPOP3))
    return 1
  })
  lua.lua_setfield(L, -2, toBytes('__index'))
  lua.lua_setmetatable(L, -2)
  lua.lua_settop(L, 0)
}

/** Makes what is called `name` also known as `old`; both may be in a library. */
function rename(L: LuaState, old: string, name: string): void {
  lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, lua.LUA_RIDX_GLOBALS)
  for (const part of name.split('.')) lua.lua_getfield(L, -1, toBytes(part))
  const path = old.split('.')
  lua.lua_pushvalue(L, 1)
  for (const part of path.slice(0, -1)) lua.lua_getfield(L, -1, toBytes(part))
  lua.lua_pushvalue(L, 1 + name.split('.').length)
  lua.lua_setfield(L, -2, toBytes(path.at(-1) ?? ''))
  lua.lua_settop(L, 0)
}

/** A lua_load reader of one piece. */
export function nextPiece(_L: LuaState, data: { string: Uint8Array | null }): Uint8Array | null {
  const piece = data.string
  data.string = null
  return piece
}

/** The per-instruction look of `watch` runs in threads that have a hook; coroutines inherit it. */
export function watchInstructions(L: LuaState): void {
  internals.sethook(L, () => undefined, MASK_COUNT, 1)
}

let originals: Table | undefined

/** A base function that the allow-list leaves out, because another one here calls it. */
function original(name: string): LuaFunction {
  if (originals === undefined) {
    const L = auxiliary.luaL_newstate()
    LIBRARIES.base(L)
    originals = globalsOf(L)
  }
  return originals.strong.get(keyOf(name))?.value.value as LuaFunction
}

export const MASK_COUNT = 8
