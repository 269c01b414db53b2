/** Base functions that are Lua's with a bound or another meaning: print, load, tonumber, pairs, ipairs, debug.traceback. */
import { parseNumber } from '../../core/numeral.js'
import { argument, returnText, ScriptFault } from './arguments.js'
import { fromBytes, toBytes } from './byte-string.js'
import { auxiliary, lua, TYPE } from './fengari-overrides.js'
import type { LuaFunction, LuaState } from './fengari-types.js'
import { traceback as tracebackOf } from './position.js'
import { BYTES_PER_LINE } from './print-quota.js'
import { copyOf, nil, push, string } from './values.js'

const LONGEST_LOAD = 1024 * 1024
const IPAIRS = toBytes('__ipairs')
const WHOLE_NUMERAL = /^[ \t\n\v\f\r]*([+-]?)([\da-zA-Z]+)[ \t\n\v\f\r]*$/

/** What lies beyond the longest line that is printed is never made: it may be a thousand times a huge string. */
export function printer(print: (line: string) => void): LuaFunction {
  return (L) => {
    const count = lua.lua_gettop(L)
    let line = ''
    for (let at = 1; at <= count; at++) {
      const word = auxiliary.luaL_tolstring(L, at)
      if (line.length <= BYTES_PER_LINE) line += (at > 1 ? '\t' : '') + fromBytes(word.subarray(0, BYTES_PER_LINE + 1))
      lua.lua_pop(L, 1)
    }
    print(line)
    return 0
  }
}

/** Text only: bytecode could reach past every limit. `original`: Lua's own load. */
export function boundedLoad(original: LuaFunction): LuaFunction {
  return (L) => {
    if (lua.lua_type(L, 1) === TYPE.anyString) withinLongestLoad(auxiliary.luaL_checkstring(L, 1).length)
    if (lua.lua_type(L, 1) === TYPE.function) boundReader(L)
    if (lua.lua_gettop(L) < 3) lua.lua_settop(L, 2)
    push(L, string('t'))
    if (lua.lua_gettop(L) > 3) lua.lua_replace(L, 3)
    return original(L)
  }
}

/** `original`: Lua's own, which knows no base beyond 32 bits. A number may stand for its digits, as in Lua 5.2. */
export function toNumber(original: LuaFunction): LuaFunction {
  return (L) => {
    if (argument.missing(L, 2)) return original(L)
    const base = argument.integer(L, 2)
    const text = argument.text(L, 1)
    if (base < 2 || base > 36) argument.refuse(L, 2, 'base out of range')
    // Lua 5.1 reads any numeral to the base 10.
    const n = base === 10 ? parseNumber(text) : wholeNumeral(text, base)
    if (n === undefined) lua.lua_pushnil(L)
    else lua.lua_pushnumber(L, n)
    return 1
  }
}

function wholeNumeral(text: string, base: number): number | undefined {
  const [, sign, digits = ''] = WHOLE_NUMERAL.exec(text) ?? []
  if (sign === undefined) return undefined
  let n = 0
  for (const letter of digits) {
    const digit = Number.parseInt(letter, 36)
    if (digit >= base) return undefined
    n = n * base + digit
  }
  return sign === '-' ? -n : n
}

/** `original`: Lua's own, which fails on nil only in the loop, as an error of the `for iterator`. */
export function pairs(original: LuaFunction): LuaFunction {
  return (L) => {
    refuseNil(L)
    return original(L)
  }
}

/** `original`: Lua's own, which knows no `__ipairs`; Lua 5.2 has it. */
export function ipairs(original: LuaFunction): LuaFunction {
  return (L) => {
    refuseNil(L)
    if (auxiliary.luaL_getmetafield(L, 1, IPAIRS) === TYPE.nil) return original(L)
    lua.lua_pushvalue(L, 1)
    lua.lua_call(L, 1, 3)
    return 3
  }
}

function refuseNil(L: LuaState): void {
  if (lua.lua_type(L, 1) === TYPE.nil) argument.refuse(L, 1, 'table expected, got nil')
}

/** debug.traceback, which scripts give to xpcall. Only text leaves it. */
export function traceback(L: LuaState): number {
  const thread = lua.lua_tothread(L, 1)
  const first = thread === null ? 1 : 2
  if (
    !argument.missing(L, first) &&
    lua.lua_type(L, first) !== TYPE.anyString &&
    lua.lua_type(L, first) !== TYPE.number
  ) {
    lua.lua_pushvalue(L, first)
    return 1
  }
  const message = argument.optionalText(L, first)
  const level = argument.optionalInteger(L, first + 1, thread === null ? 1 : 0)
  const levels = tracebackOf(thread ?? L, level)
  return returnText(L, message === undefined ? levels : `${message}\n${levels}`)
}

function withinLongestLoad(bytes: number): void {
  if (bytes > LONGEST_LOAD) throw new ScriptFault(`load: the chunk is longer than ${LONGEST_LOAD} bytes`)
}

/** Replaces the reader, argument 1, by one that counts what it reads. */
function boundReader(L: LuaState): void {
  const reader = copyOf(L.stack[L.top - lua.lua_gettop(L)] ?? nil())
  let bytes = 0
  lua.lua_pushcfunction(L, (L1) => {
    push(L1, copyOf(reader))
    lua.lua_call(L1, 0, 1)
    if (lua.lua_type(L1, -1) === TYPE.anyString) withinLongestLoad((bytes += auxiliary.luaL_checkstring(L1, -1).length))
    return 1
  })
  lua.lua_replace(L, 1)
}
