/** The Actions table of CheckFile: made with its three first values, read back as raw values of the five fields. */
import type { RawActions, RawValue } from '../../core/decision.js'
import type { ScriptFailure } from '../port.js'
import { internals, lua, TYPE } from './fengari-overrides.js'
import type { LuaState, Table, TValue } from './fengari-types.js'
import { toBytes } from './byte-string.js'
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

const FIELDS = ['SkipSend', 'Reason', 'Priority', 'RetryAfter', 'ForceLastTry'] as const

const KEYS = FIELDS.map((name) => ({ name, hash: keyOf(name), bytes: toBytes(name) }))
// Strings do not change, so that all tables can share these; the keys that hold them can, when an entry is removed.
const [SKIP_SEND, REASON, PRIORITY] = [string('SkipSend'), string('Reason'), string('Priority')]

export function actionsTable(L: LuaState): Table {
  const made = new internals.Table(L)
  append(made, '|SkipSend', copyOf(SKIP_SEND), boolean(false))
  append(made, '|Reason', copyOf(REASON), string(''))
  append(made, '|Priority', copyOf(PRIORITY), number(50))
  return made
}

/** Fails where a metatable of the script's does. */
export function readActions(
  state: ScriptState,
  answer: TValue,
): { readonly value: RawActions } | { readonly failure: ScriptFailure } {
  const held = answer.value as Table
  if (held.metatable === null && held.constructor === internals.Table) {
    return { value: fields((key) => held.strong.get(key.hash)?.value ?? nil()) }
  }
  let value: RawActions | undefined
  const failure = state.guarded('CheckFile', (L) => {
    push(L, copyOf(answer))
    value = fields((key) => {
      lua.lua_getfield(L, 1, key.bytes)
      return L.stack[L.top - 1] ?? nil()
    })
  })
  if (failure !== undefined) return { failure }
  if (value === undefined) throw new Error('the Actions table was not read')
  return { value }
}

function fields(read: (key: (typeof KEYS)[number]) => TValue): RawActions {
  return Object.fromEntries(KEYS.map((key) => [key.name, rawValue(read(key))])) as unknown as RawActions
}

/** More than any field means: the mail server's thread shall not have to look at megabytes. */
const LONGEST_VALUE = 4096

function rawValue(value: TValue): RawValue {
  if (isString(value)) return textOf(value).slice(0, LONGEST_VALUE)
  if (isNumber(value)) return value.value as number
  if (value.type === TYPE.nil) return undefined
  return value.type === TYPE.boolean ? value.value === true : { luaType: typeName(value) }
}
