/**
 * string.pack, packsize and unpack as Lua 5.3 has them on a 64-bit machine: fengari's own have 4-byte `l j J T s` and
 * lose every bit above the 32nd.
 *
 * An integer above 2^53 is read as the nearest double. What needs no number, such as an `i16` full of sign bits, is
 * checked as in C.
 */
import { argument, returnNumber, returnText, ScriptFault, wholeNumber } from './arguments.js'
import { lua, watch } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'
import { LUA_INTEGER, PackFormat } from './pack-format.js'
import type { Item } from './pack-format.js'
import { push, string } from './values.js'

const LARGEST_SIZE = 2 ** 31 - 1
const PADDING = '\0'

export function stringPack(L: LuaState): number {
  const format = new PackFormat(argument.text(L, 1))
  let packed = ''
  let arg = 1
  for (let item = format.next(L, 0); item !== undefined; item = format.next(L, packed.length)) {
    packed += PADDING.repeat(item.gap)
    if (item.kind === 'padding') packed += PADDING
    else if (item.kind !== 'align' && item.kind !== 'nothing') packed += packItem(L, ++arg, item, format.littleEndian)
    if (packed.length > watch.longestString) throw new RangeError('resulting string too large')
  }
  watch.madeString(L, packed.length)
  return returnText(L, packed)
}

function packItem(L: LuaState, arg: number, { kind, size }: Item, littleEndian: boolean): string {
  switch (kind) {
    case 'int':
    case 'uint':
      return packInteger(integerArgument(L, arg, kind, size), size, littleEndian)
    case 'float':
      return packFloat(argument.number(L, arg), size, littleEndian)
    case 'fixed': {
      const text = argument.text(L, arg)
      if (text.length > size) argument.refuse(L, arg, 'string longer than given size')
      if (size > watch.longestString) throw new RangeError('resulting string too large')
      return text.padEnd(size, PADDING)
    }
    case 'counted': {
      const text = argument.text(L, arg)
      if (text.length >= 256 ** size) argument.refuse(L, arg, 'string length does not fit in given size')
      return packInteger(BigInt(text.length), size, littleEndian) + text
    }
    default: {
      const text = argument.text(L, arg)
      if (text.includes('\0')) argument.refuse(L, arg, 'string contains zeros')
      return `${text}\0`
    }
  }
}

function integerArgument(L: LuaState, arg: number, kind: 'int' | 'uint', size: number): bigint {
  const n = wholeNumber(L, arg)
  const bits = size * 8
  if (size < LUA_INTEGER) {
    if (kind === 'int' && (n < -(2 ** (bits - 1)) || n >= 2 ** (bits - 1))) argument.refuse(L, arg, 'integer overflow')
    if (kind === 'uint' && (n < 0 || n >= 2 ** bits)) argument.refuse(L, arg, 'unsigned overflow')
  }
  // Beyond a Lua integer, only the sign of a signed one goes on.
  return kind === 'int' ? BigInt(n) : BigInt.asUintN(64, BigInt(n))
}

function packInteger(n: bigint, size: number, littleEndian: boolean): string {
  const hex = BigInt.asUintN(size * 8, n).toString(16)
  const bytes = Buffer.from(hex.padStart(size * 2, '0'), 'hex')
  return (littleEndian ? bytes.reverse() : bytes).toString('latin1')
}

function packFloat(n: number, size: number, littleEndian: boolean): string {
  const bytes = Buffer.alloc(size)
  if (size === 4) bytes.writeFloatBE(n)
  else bytes.writeDoubleBE(n)
  return (littleEndian ? bytes.reverse() : bytes).toString('latin1')
}

export function stringPacksize(L: LuaState): number {
  const format = new PackFormat(argument.text(L, 1))
  let total = 0
  for (let item = format.next(L, 0); item !== undefined; item = format.next(L, total)) {
    if (item.kind === 'counted' || item.kind === 'zero') argument.refuse(L, 1, 'variable-length format')
    if (total > LARGEST_SIZE - item.size - item.gap) argument.refuse(L, 1, 'format result too large')
    total += item.size + item.gap
  }
  return returnNumber(L, total)
}

export function stringUnpack(L: LuaState): number {
  const format = new PackFormat(argument.text(L, 1))
  const data = argument.text(L, 2)
  let at = startOf(argument.optionalInteger(L, 3, 1), data.length)
  if (at > data.length || at < 0) argument.refuse(L, 3, 'initial position out of string')
  let results = 0
  for (let item = format.next(L, at); item !== undefined; item = format.next(L, at)) {
    if (at + item.gap + item.size > data.length) argument.refuse(L, 2, 'data string too short')
    at += item.gap
    if (!['padding', 'align', 'nothing'].includes(item.kind)) {
      if (!lua.lua_checkstack(L, 2)) throw new ScriptFault('stack overflow (too many results)')
      at = unpackItem(L, data, at, item, format.littleEndian)
      results++
    }
    at += item.size
  }
  lua.lua_pushnumber(L, at + 1)
  return results + 1
}

/** From 0; a negative position counts from the end. */
function startOf(position: number, length: number): number {
  if (position >= 0) return position - 1
  return -position > length ? -1 : length + position
}

/** Pushes the item at `at`, and answers where it begins to end: `at`, and what is not counted in its size. */
function unpackItem(L: LuaState, data: string, at: number, { kind, size }: Item, littleEndian: boolean): number {
  const bytes = data.slice(at, at + size)
  switch (kind) {
    case 'int':
    case 'uint':
      lua.lua_pushnumber(L, unpackInteger(bytes, kind, littleEndian))
      return at
    case 'float':
      lua.lua_pushnumber(L, unpackFloat(bytes, littleEndian))
      return at
    case 'fixed':
      push(L, string(bytes))
      return at
    case 'counted': {
      const length = unpackInteger(bytes, 'uint', littleEndian)
      if (length < 0 || at + size + length > data.length) argument.refuse(L, 2, 'data string too short')
      push(L, string(data.slice(at + size, at + size + length)))
      return at + length
    }
    default: {
      // The end of the data ends a string too: in C there is a zero behind it.
      const zero = data.indexOf('\0', at)
      const end = zero < 0 ? data.length : zero
      push(L, string(data.slice(at, end)))
      return end + 1
    }
  }
}

/** Eight bytes are a Lua integer, with a sign also where the format says unsigned. */
function unpackInteger(bytes: string, kind: 'int' | 'uint', littleEndian: boolean): number {
  const size = bytes.length
  const buffer = Buffer.from(bytes, 'latin1')
  const whole = BigInt(`0x${(littleEndian ? buffer.reverse() : buffer).toString('hex')}`)
  if (size < LUA_INTEGER) return Number(kind === 'int' ? BigInt.asIntN(size * 8, whole) : whole)
  const value = BigInt.asIntN(64, whole)
  const extended = kind === 'int' ? BigInt.asUintN(size * 8, value) : BigInt.asUintN(64, value)
  if (whole !== extended) throw new ScriptFault(`${size}-byte integer does not fit into Lua Integer`)
  return Number(value)
}

function unpackFloat(bytes: string, littleEndian: boolean): number {
  const buffer = Buffer.from(bytes, 'latin1')
  if (littleEndian) buffer.reverse()
  return buffer.length === 4 ? buffer.readFloatBE() : buffer.readDoubleBE()
}
