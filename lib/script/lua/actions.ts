/**
 * The Actions tables: CheckFile's, made with its three first values and read back as raw values of the five fields, and
 * ServerDetails'.
 */
import type { RawActions, RawValue } from '../../core/decision.js'
import type { Callback, ScriptFailure, TlsWish } from '../port.js'
import { internals, lua, TYPE } from './fengari-overrides.js'
import type { LuaState, Table, TValue } from './fengari-types.js'
import { toBytes } from './byte-string.js'
import { isTrue } from './globals.js'
import { named } from './message-arguments.js'
import type { ScriptState } from './script-state.js'
import {
  append,
  boolean,
  copyOf,
  isNumber,
  isString,
  keyOf,
  nil,
  number,
  push,
  string,
  textOf,
  typeName,
} from './values.js'

interface Key {
  readonly name: string
  readonly hash: string
  readonly bytes: Uint8Array
}

function keys(...names: readonly string[]): readonly Key[] {
  return names.map((name) => ({ name, hash: keyOf(name), bytes: toBytes(name) }))
}

const ACTIONS = keys('SkipSend', 'Reason', 'Priority', 'RetryAfter', 'ForceLastTry')
const TLS = keys('tryTLS', 'forceTLS')

type Read<Value> = { readonly value: Value } | { readonly failure: ScriptFailure }

// Strings do not change, so that all tables can share these; the keys that hold them can, when an entry is removed.
const [SKIP_SEND, REASON, PRIORITY] = [string('SkipSend'), string('Reason'), string('Priority')]

export function actionsTable(L: LuaState): Table {
  const made = new internals.Table(L)
  append(made, '|SkipSend', copyOf(SKIP_SEND), boolean(false))
  append(made, '|Reason', copyOf(REASON), string(''))
  append(made, '|Priority', copyOf(PRIORITY), number(50))
  return made
}

/** Fails where a metatable of the script's does, as the next one. */
export function readActions(state: ScriptState, answer: TValue): Read<RawActions> {
  return readFields(
    state,
    'CheckFile',
    answer,
    (read) => Object.fromEntries(ACTIONS.map((key) => [key.name, rawValue(read(key))])) as unknown as RawActions,
  )
}

export function tlsTable(L: LuaState, { tryTls, forceTls }: TlsWish): Table {
  return named(L, { tryTLS: number(Number(tryTls)), forceTLS: number(Number(forceTls)) })
}

/** What is nil says nothing: `wish` stands. */
export function readTlsTable(state: ScriptState, answer: TValue, wish: TlsWish): Read<TlsWish> {
  return readFields(state, 'ServerDetails', answer, (read) => {
    const [tried, forced] = TLS.map((key) => {
      const value = read(key)
      return value.type === TYPE.nil ? undefined : isTrue(value)
    })
    return { tryTls: tried ?? wish.tryTls, forceTls: forced ?? wish.forceTls }
  })
}

function readFields<Value>(
  state: ScriptState,
  callback: Callback,
  answer: TValue,
  fields: (read: (key: Key) => TValue) => Value,
): Read<Value> {
  const held = answer.value as Table
  if (held.metatable === null && held.constructor === internals.Table) {
    return { value: fields((key) => held.strong.get(key.hash)?.value ?? nil()) }
  }
  const read: { value?: Value } = {}
  const failure = state.guarded(callback, (L) => {
    push(L, copyOf(answer))
    read.value = fields((key) => {
      lua.lua_getfield(L, 1, key.bytes)
      return L.stack[L.top - 1] ?? nil()
    })
  })
  if (failure !== undefined) return { failure }
  if (!('value' in read)) throw new Error('the Actions table was not read')
  return read as { value: Value }
}

/** More than any field means: the mail server's thread shall not have to look at megabytes. */
const LONGEST_VALUE = 4096

function rawValue(value: TValue): RawValue {
  if (isString(value)) return textOf(value).slice(0, LONGEST_VALUE)
  if (isNumber(value)) return value.value as number
  if (value.type === TYPE.nil) return undefined
  return value.type === TYPE.boolean ? value.value === true : { luaType: typeName(value) }
}
