/** `bit32` of Lua 5.2: arguments are rounded and taken modulo 2^32, results are 0 to 2^32 - 1. */
import { argument, returnNumber, ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'
import { lua } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'

const WORD = 2 ** 32

/** Added and taken away again, it rounds as the processor does: a half to the even neighbour. */
const ROUNDER = 1.5 * 2 ** 52

function wordAt(L: LuaState, at: number): number {
  const n = argument.number(L, at)
  const whole = Math.abs(n) < 2 ** 51 ? n + ROUNDER - ROUNDER : n
  return whole >>> 0
}

function all(L: LuaState, first: number, combine: (a: number, b: number) => number): number {
  let result = first
  for (let at = 1; at <= lua.lua_gettop(L); at++) result = combine(result, wordAt(L, at)) >>> 0
  return result
}

function shiftRight(x: number, by: number): number {
  if (by <= -32 || by >= 32) return 0
  return by >= 0 ? x >>> by : (x << -by) >>> 0
}

function arithmeticShift(x: number, by: number): number {
  if (by < 0 || x < WORD / 2) return shiftRight(x, by)
  return by >= 32 ? WORD - 1 : ((x | 0) >> by) >>> 0
}

function rotateLeft(x: number, by: number): number {
  const turn = ((by % 32) + 32) % 32
  return turn === 0 ? x : ((x << turn) | (x >>> (32 - turn))) >>> 0
}

/** The position and width of a field, checked, and its mask. */
function fieldAt(L: LuaState, at: number): { from: number; mask: number } {
  const from = argument.integer(L, at)
  const width = argument.optionalInteger(L, at + 1, 1)
  if (from < 0) argument.refuse(L, at, 'field cannot be negative')
  if (width < 1) argument.refuse(L, at + 1, 'width must be positive')
  if (from + width > 32) throw new ScriptFault('trying to access non-existent bits')
  return { from, mask: 2 ** width - 1 }
}

export const bit32Library: Natives = {
  arshift: (L) => returnNumber(L, arithmeticShift(wordAt(L, 1), argument.integer(L, 2))),
  band: (L) =>
    returnNumber(
      L,
      all(L, WORD - 1, (a, b) => a & b),
    ),
  bnot: (L) => returnNumber(L, ~wordAt(L, 1) >>> 0),
  bor: (L) =>
    returnNumber(
      L,
      all(L, 0, (a, b) => a | b),
    ),
  btest: (L) => {
    lua.lua_pushboolean(L, all(L, WORD - 1, (a, b) => a & b) !== 0)
    return 1
  },
  bxor: (L) =>
    returnNumber(
      L,
      all(L, 0, (a, b) => a ^ b),
    ),
  extract: (L) => {
    const { from, mask } = fieldAt(L, 2)
    return returnNumber(L, ((wordAt(L, 1) >>> from) & mask) >>> 0)
  },
  lrotate: (L) => returnNumber(L, rotateLeft(wordAt(L, 1), argument.integer(L, 2))),
  lshift: (L) => returnNumber(L, shiftRight(wordAt(L, 1), -argument.integer(L, 2))),
  replace: (L) => {
    const { from, mask } = fieldAt(L, 3)
    const value = (wordAt(L, 2) & mask) << from
    return returnNumber(L, ((wordAt(L, 1) & ~(mask << from)) | value) >>> 0)
  },
  rrotate: (L) => returnNumber(L, rotateLeft(wordAt(L, 1), -argument.integer(L, 2))),
  rshift: (L) => returnNumber(L, shiftRight(wordAt(L, 1), argument.integer(L, 2))),
}
