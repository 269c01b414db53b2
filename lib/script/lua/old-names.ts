/** Names of Lua 5.0 to 5.2 that scripts written for VPOP3 use and Lua 5.3 has dropped. */
import { argument, returnNumber } from './arguments.js'
import type { Natives } from './arguments.js'
import { auxiliary, lua, TYPE } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'

const one = (f: (x: number) => number) => (L: LuaState) => returnNumber(L, f(argument.number(L, 1)))
const both = (f: (x: number, y: number) => number) => (L: LuaState) =>
  returnNumber(L, f(argument.number(L, 1), argument.number(L, 2)))

export const oldMath: Natives = {
  atan2: both(Math.atan2),
  cosh: one(Math.cosh),
  frexp: (L) => {
    const [fraction, exponent] = fractionAndExponent(argument.number(L, 1))
    lua.lua_pushnumber(L, fraction)
    lua.lua_pushnumber(L, exponent)
    return 2
  },
  ldexp: both(scaled),
  log10: one(Math.log10),
  // C's fmod: the sign of the first argument, not of the second as `%` has it.
  mod: both((x, y) => x % y),
  pow: both(Math.pow),
  sinh: one(Math.sinh),
  tanh: one(Math.tanh),
}

export const oldTable: Natives = {
  foreach: (L) => {
    argument.table(L, 1)
    argument.function(L, 2)
    lua.lua_pushnil(L)
    while (lua.lua_next(L, 1) !== 0) {
      if (callback(L, 3)) return 1
      lua.lua_pop(L, 1)
    }
    return 0
  },
  foreachi: (L) => {
    const length = lengthOf(L)
    argument.function(L, 2)
    for (let at = 1; at <= length; at++) {
      lua.lua_settop(L, 2)
      lua.lua_pushnumber(L, at)
      lua.lua_geti(L, 1, at)
      if (callback(L, 3)) return 1
    }
    return 0
  },
  getn: (L) => returnNumber(L, lengthOf(L)),
  maxn: (L) => {
    argument.table(L, 1)
    let most = 0
    lua.lua_pushnil(L)
    while (lua.lua_next(L, 1) !== 0) {
      lua.lua_pop(L, 1)
      if (lua.lua_type(L, -1) === TYPE.number) most = Math.max(most, lua.lua_tonumber(L, -1))
    }
    return returnNumber(L, most)
  },
  // A size of its own went away with Lua 5.1; what a script means by it is that the items behind it are gone.
  setn: (L) => {
    argument.table(L, 1)
    const length = lua.lua_rawlen(L, 1)
    const size = argument.integer(L, 2)
    for (let at = length; at > Math.max(size, 0); at--) {
      lua.lua_pushnil(L)
      lua.lua_seti(L, 1, at)
    }
    return 0
  },
}

function lengthOf(L: LuaState): number {
  argument.table(L, 1)
  return auxiliary.luaL_len(L, 1)
}

/** Calls argument 2 with the key at `at` and the value above it; true with its result on top if that is not nil. */
function callback(L: LuaState, at: number): boolean {
  lua.lua_pushvalue(L, 2)
  lua.lua_pushvalue(L, at)
  lua.lua_pushvalue(L, at + 1)
  lua.lua_call(L, 2, 1)
  if (lua.lua_type(L, -1) !== TYPE.nil) return true
  lua.lua_pop(L, 1)
  return false
}

/** What a script may believe of a collector that it does not control. */
export const collector: Natives = {
  collectgarbage: (L) => {
    const option = argument.optionalText(L, 1) ?? 'collect'
    if (option === 'step' || option === 'isrunning') {
      lua.lua_pushboolean(L, true)
      return 1
    }
    return returnNumber(L, option === 'count' ? kilobytes() : 0)
  },
  gcinfo: (L) => returnNumber(L, kilobytes()),
}

/** Old name to the name of today. */
export const RENAMED: Readonly<Record<string, string>> = {
  loadstring: 'load',
  unpack: 'table.unpack',
  'string.gfind': 'string.gmatch',
}

function kilobytes(): number {
  return Math.round(process.memoryUsage().heapUsed / 1024)
}

function fractionAndExponent(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1)
  let fraction = scaled(x, -exponent)
  while (Math.abs(fraction) < 0.5) [fraction, exponent] = [fraction * 2, exponent - 1]
  while (Math.abs(fraction) >= 1) [fraction, exponent] = [fraction / 2, exponent + 1]
  return [fraction, exponent]
}

/** In two steps: 2^exponent alone may overflow where the product does not. */
function scaled(x: number, exponent: number): number {
  const half = Math.trunc(exponent / 2)
  return x * 2 ** half * 2 ** (exponent - half)
}
