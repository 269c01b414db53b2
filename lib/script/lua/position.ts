/**
 * Where a running Lua thread stands: the innermost line that is in a file, and a traceback as Lua's own.
 * Code that the script has loaded from a string has lines too, but nobody could look them up.
 *
 * Lua's looks for the name of every function among all globals, and gives names at any length: a script could make it
 * run for minutes, after its time is up.
 */
import { fromBytes, toBytes } from './byte-string.js'
import { internals, lua } from './fengari-overrides.js'
import type { CallInfo, LuaDebug, LuaState, Table } from './fengari-types.js'
import { globalsOf } from './globals-table.js'
import { textOf } from './values.js'

const FUNCTION_AND_ALL = toBytes('Slntf')
/** What the name of a chunk begins with that is a file. */
const FILE_SIGN = 0x40
const NO_NAME = toBytes('?')
const STACK_SLOTS = 20
/** Of a deep stack, luaL_traceback's numbers. */
const FIRST_LEVELS = 10
const LAST_LEVELS = 11
// A script may have a million global functions, and give them names of megabytes.
const ENTRIES_LOOKED_AT = 300
const LONGEST_NAME = 60
/** lstate.js: the frame is one of a Lua function. */
const CIST_LUA = 1 << 1
/** How far to look where it is asked often: a recursion in loaded code may be deep. */
const NEAR = 200

/** `relayout.lua:12`, and 12; undefined where no function of a file is running. */
export function position(L: LuaState): { chunk: string; line: number } | undefined {
  const frame = fileFrame(L.ci, Infinity)
  if (frame === undefined) return undefined
  return { chunk: fromBytes(frame.func.value.p.source.realstring.subarray(1)), line: lineOf(frame) }
}

/** The line that is running, at the least cost; 0 if there is none. */
export function runningLine(L: LuaState): number {
  return lineNear(L.ci)
}

/** Several lines as luaL_traceback has them; '' where there is no room left for it. */
export function traceback(L: LuaState, level: number): string {
  if (!lua.lua_checkstack(L, STACK_SLOTS)) return ''
  const lines = ['stack traceback:']
  const depth = depthOf(L)
  for (let at = level; at < depth; at++) {
    if (at === level + FIRST_LEVELS && depth - at > LAST_LEVELS) {
      lines.push('...')
      at = depth - LAST_LEVELS
    }
    lines.push(levelText(L, at))
  }
  return lines.join('\n\t')
}

function depthOf(L: LuaState): number {
  let depth = 0
  for (let { previous } = L.ci; previous !== null; { previous } = previous) depth++
  return depth
}

function levelText(L: LuaState, level: number): string {
  const ar = new lua.lua_Debug()
  lua.lua_getstack(L, level, ar)
  lua.lua_getinfo(L, FUNCTION_AND_ALL, ar)
  const f = L.stack[L.top - 1]?.value
  lua.lua_pop(L, 1)
  const line = ar.currentline > 0 ? `${ar.currentline}:` : ''
  const tail = ar.istailcall !== 0 ? '\n\t(...tail calls..)' : ''
  return `${fromBytes(ar.short_src)}:${line} in ${functionName(L, ar, f)}${tail}`
}

function functionName(L: LuaState, ar: LuaDebug, f: unknown): string {
  const name = globalName(globalsOf(L), f, 2)
  if (name !== undefined) return `function '${name}'`
  if (ar.namewhat.length > 0) return `${fromBytes(ar.namewhat)} '${shortName(fromBytes(ar.name ?? NO_NAME))}'`
  const what = fromBytes(ar.what)
  if (what === 'main') return 'main chunk'
  return what === 'Lua' ? `function <${fromBytes(ar.short_src)}:${ar.linedefined}>` : '?'
}

/** `f` in a table or in the tables in it, not looking at more than the first entries of each. */
function globalName(from: Table, f: unknown, depth: number): string | undefined {
  let looked = 0
  for (let entry = from.f; entry !== undefined && looked < ENTRIES_LOOKED_AT; entry = entry.n, looked++) {
    const { key, value } = entry
    if (!key.ttisstring()) continue
    const name = shortName(textOf(key))
    if (value.value === f) return name
    // A table that fills itself would be filled by this; _G is in itself.
    const inner = value.value as Table
    if (depth < 2 || !value.ttistable() || inner === from || inner.constructor !== internals.Table) continue
    const found = globalName(inner, f, depth - 1)
    if (found !== undefined) return `${name}.${found}`
  }
  return undefined
}

const shortName = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name)

/** The line that the running library function was called from, at the least cost; 0 if there is none. */
export function callerLine(L: LuaState): number {
  return lineNear(L.ci.previous)
}

function lineNear(innermost: CallInfo | null): number {
  const frame = fileFrame(innermost, NEAR)
  return frame === undefined ? 0 : lineOf(frame)
}

function fileFrame(innermost: CallInfo | null, frames: number): CallInfo | undefined {
  let frame = innermost
  for (let i = 0; frame !== null && i < frames; i++) {
    if ((frame.callstatus & CIST_LUA) !== 0 && frame.func.value.p.source.realstring[0] === FILE_SIGN) return frame
    frame = frame.previous
  }
  return undefined
}

function lineOf({ func, l_savedpc }: CallInfo): number {
  return func.value.p.lineinfo[l_savedpc - 1] ?? 0
}
