/**
 * The functions of `math` where fengari's do something else: `random` and `randomseed` with ranges beyond 32 bits and
 * a generator of each script's own, `min` and `max` that take numbers as strings, and math.type for doubles.
 */
import { argument, returnNumber, ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'
import { auxiliary, lua } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'
import { isNumber, push, string } from './values.js'

/** A library of its own for each state: a script that seeds the generator leaves those of others alone. */
export function mathLibrary(): Natives {
  let random = Math.random
  return {
    max: (L) => extreme(L, (a, b) => a > b),
    min: (L) => extreme(L, (a, b) => a < b),
    random: (L) => returnNumber(L, randomNumber(L, random())),
    randomseed: (L) => {
      random = seeded(argument.number(L, 1))
      return 0
    },
    type: mathType,
  }
}

/** Numbers are doubles; a whole one is what a script means by an integer. */
function mathType(L: LuaState): number {
  auxiliary.luaL_checkany(L, 1)
  const value = L.stack[L.top - lua.lua_gettop(L)]
  if (value === undefined || !isNumber(value)) lua.lua_pushnil(L)
  else push(L, string(Number.isSafeInteger(value.value) ? 'integer' : 'float'))
  return 1
}

function extreme(L: LuaState, better: (a: number, b: number) => boolean): number {
  let best = argument.number(L, 1)
  for (let at = 2; at <= lua.lua_gettop(L); at++) {
    const n = argument.number(L, at)
    if (better(n, best)) best = n
  }
  return returnNumber(L, best)
}

/** `fraction`: 0 to 1, without 1. */
function randomNumber(L: LuaState, fraction: number): number {
  const count = lua.lua_gettop(L)
  if (count === 0) return fraction
  if (count > 2) throw new ScriptFault('wrong number of arguments')
  const low = count === 1 ? 1 : argument.integer(L, 1)
  const high = argument.integer(L, count)
  if (low > high) argument.refuse(L, count, 'interval is empty')
  // The product can round up to the whole width where that is near 2^53.
  return Math.min(low + Math.floor(fraction * (high - low + 1)), high)
}

/** The same seed gives the same numbers: mulberry32, two steps for the 53 bits of a fraction. */
function seeded(seed: number): () => number {
  const whole = Math.trunc(seed)
  let state = (whole ^ Math.floor(whole / 2 ** 32)) | 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53
}
