/**
 * Names of Lua 5.0 to 5.2 that scripts written for VPOP3 use and Lua 5.3 has dropped. Functions that are plain
 * arithmetic are here; those that only call others are written in Lua, in `OLD_NAMES_CHUNK`.
 */
import { argument, returnNumber, ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'
import { lua } from './fengari-overrides.js'
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
  setn: () => {
    throw new ScriptFault("table.setn is obsolete: a table's size is what it holds")
  },
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

/** Run once in each state, before the script; it sees the real library tables. */
export const OLD_NAMES_CHUNK = `
unpack = table.unpack
loadstring = load
string.gfind = string.gmatch
function table.getn(t) return #t end
function table.maxn(t)
  local most = 0
  for k in next, t do if type(k) == 'number' and k > most then most = k end end
  return most
end
function table.foreach(t, f)
  for k, v in next, t do local r = f(k, v) if r ~= nil then return r end end
end
function table.foreachi(t, f)
  for i = 1, #t do local r = f(i, t[i]) if r ~= nil then return r end end
end
`

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
