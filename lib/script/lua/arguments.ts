/**
 * The arguments and results of a library function written here, as byte strings and numbers.
 *
 * A `Native` raises a Lua error by throwing a ScriptFault: the script sees `relayout.lua:7: ` and the message, at the
 * line that called.
 */
import { fromBytes, toBytes } from './byte-string.js'
import { auxiliary, lua, TYPE, watch } from './fengari-overrides.js'
import type { LuaFunction, LuaState } from './fengari-types.js'
import { longString, push, string } from './values.js'

/** An error that the script has caused; `pcall` catches it. */
export class ScriptFault extends Error {
  override readonly name = 'ScriptFault'
}

export type Natives = Readonly<Record<string, LuaFunction>>

/** The text of a string is as large as its bytes, and is not there before. */
function textAt(L: LuaState, at: number): string {
  const bytes = auxiliary.luaL_checkstring(L, at)
  watch.willMakeString(L, bytes.length)
  return fromBytes(bytes)
}

export const argument = {
  text: textAt,
  optionalText: (L: LuaState, at: number): string | undefined =>
    lua.lua_type(L, at) <= TYPE.nil ? undefined : textAt(L, at),
  number: (L: LuaState, at: number): number => auxiliary.luaL_checknumber(L, at),
  integer: (L: LuaState, at: number): number => auxiliary.luaL_checkinteger(L, at),
  optionalInteger: (L: LuaState, at: number, fallback: number): number => auxiliary.luaL_optinteger(L, at, fallback),
  table: (L: LuaState, at: number): void => auxiliary.luaL_checktype(L, at, TYPE.table),
  function: (L: LuaState, at: number): void => auxiliary.luaL_checktype(L, at, TYPE.function),
  missing: (L: LuaState, at: number): boolean => lua.lua_type(L, at) <= TYPE.nil,
  /** `bad argument #1 to 'date' (…)`. */
  refuse: (L: LuaState, at: number, why: string): number => auxiliary.luaL_argerror(L, at, toBytes(why)),
}

/** An argument as a whole number of 64 bits, its fraction cut off: for what shows or stores its digits. */
export function wholeNumber(L: LuaState, at: number): number {
  const n = Math.trunc(argument.number(L, at))
  if (n >= -(2 ** 63) && n < 2 ** 64) return n
  return argument.refuse(L, at, 'number has no integer representation')
}

/** What is longer is kept as bytes: they count as the script's memory, which a JavaScript string does not. */
const LONGEST_TEXT = 64 * 1024

export function returnText(L: LuaState, text: string): 1 {
  if (text.length <= LONGEST_TEXT) push(L, string(text))
  else push(L, longString(L, toBytes(text)))
  return 1
}

export function returnNumber(L: LuaState, value: number): 1 {
  lua.lua_pushnumber(L, value)
  return 1
}

/** Sets fields of the table on top of the stack. */
export function setFunctions(L: LuaState, functions: Natives): void {
  for (const [name, f] of Object.entries(functions)) {
    lua.lua_pushcfunction(L, f)
    lua.lua_setfield(L, -2, toBytes(name))
  }
}
