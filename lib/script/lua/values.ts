/**
 * Lua values made and read directly, past the C API: pushing an argument this way costs a tenth of `lua_pushliteral`.
 *
 * A string keeps both its forms, the byte string and the bytes, and makes the second only when something asks: most
 * header values are never looked at, and a table look-up needs only the first.
 */
import { fromBytes, toBytes } from './byte-string.js'
import { internals, TYPE } from './fengari-overrides.js'
import type { LuaState, Table, TableEntry, TString, TValue } from './fengari-types.js'

const { TString: TStringBase, TValue: Value } = internals

class LazyString extends TStringBase {
  #bytes: Uint8Array | undefined

  constructor(text: string) {
    super(null, NO_BYTES)
    this.hash = `|${text}`
  }

  // The base constructor assigns; the bytes are made from the hash when they are first read.
  override set realstring(_bytes: Uint8Array) {
    return
  }

  override get realstring(): Uint8Array {
    return (this.#bytes ??= toBytes(this.hash?.slice(1) ?? ''))
  }
}

const NO_BYTES = new Uint8Array(0)

export const nil = (): TValue => new Value(TYPE.nil, null)
export const boolean = (value: boolean): TValue => new Value(TYPE.boolean, value)
export const number = (value: number): TValue => new Value(TYPE.number, value)
export const string = (text: string): TValue => new Value(TYPE.string, new LazyString(text))
/** Of bytes that nobody else writes to; they count as made by the running call. */
export const longString = (L: LuaState, bytes: Uint8Array): TValue =>
  new Value(TYPE.string, internals.newString(L, bytes))
export const table = (value: Table): TValue => new Value(TYPE.table, value)

/** A stack slot or table entry is overwritten in place: a value that is kept elsewhere goes in as a copy. */
export const copyOf = ({ type, value }: TValue): TValue => new Value(type, value)

export function push(L: LuaState, value: TValue): void {
  L.stack[L.top++] = value
}

/** The key under which a table's `strong` Map holds a string key. */
export const keyOf = (text: string): string => `|${text}`

/** Appends an entry that is not there yet. */
export function append(to: Table, hash: unknown, key: TValue, value: TValue): void {
  const entry: TableEntry = { key, value, p: to.l, n: undefined }
  if (to.l === undefined) to.f = entry
  else to.l.n = entry
  to.l = entry
  to.strong.set(hash, entry)
}

export const isString = (value: TValue): boolean => (value.type & 0x0f) === TYPE.anyString
export const isNumber = (value: TValue): boolean => (value.type & 0x0f) === TYPE.number
export const isFunction = (value: TValue | undefined): boolean =>
  value !== undefined && (value.type & 0x0f) === TYPE.function

/** The byte string of a string value. */
export function textOf(value: TValue): string {
  const held = value.value as TString
  return held.hash === null ? fromBytes(held.realstring) : held.hash.slice(1)
}

const TYPE_NAMES = ['nil', 'boolean', 'userdata', 'number', 'string', 'table', 'function', 'userdata', 'thread']

export const typeName = (value: TValue): string => TYPE_NAMES[value.type & 0x0f] ?? 'value'
