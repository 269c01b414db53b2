/**
 * A Lua error or a Kill as a ScriptFailure: one line with file and line, the function, Lua's traceback.
 *
 * Error objects of any type are described; one whose `__tostring` fails is described by its type.
 */
import type { ScriptFailure } from '../port.js'
import { fromBytes } from './byte-string.js'
import type { Kill } from './call-watch.js'
import { auxiliary, lua, watch } from './fengari-overrides.js'
import type { LuaFunction, LuaState, TString, TValue } from './fengari-types.js'
import { plainNumber } from './number-text.js'
import { position, traceback } from './position.js'
import { isNumber, isString, nil, push, string, typeName } from './values.js'

const LONGEST_MESSAGE = 1000
const LONGEST_TRACEBACK = 4000
/** What is looked at of an error message, which the script may have made as long as memory allows. */
const LOOKED_AT = 4 * LONGEST_MESSAGE

export interface Caught {
  readonly message: string
  readonly line: number | undefined
  readonly traceback: string
}

/** The message handler of every call: leaves what it caught in `caught`. */
export function messageHandler(file: string, caught: (caught: Caught) => void): LuaFunction {
  return (L) => {
    const text = describe(L)
    const at = position(L)
    const named = new RegExp(`^${escaped(file)}:(\\d+):`).exec(text)
    const message = named !== null ? text : `${file}${at === undefined ? '' : `:${at.line}`}: ${text}`
    caught({ message, line: named === null ? at?.line : Number(named[1]), traceback: traceback(L, 1) })
    return 1
  }
}

/** fengari hands JavaScript exceptions to this: a fault of the script becomes a Lua error, a Kill goes on. */
export function nativeError(L: LuaState): number {
  watch.rethrow()
  const error = lua.lua_touserdata(L, 1)
  const at = position(L)
  const where = at === undefined ? '' : `${at.chunk}:${at.line}: `
  push(L, string(where + nativeMessage(error)))
  return 1
}

export function killFailure(kill: Kill, file: string, callback: string, limits: { timeout: string; memory: string }) {
  const what = kill.kind === 'timeout' ? `still running after ${limits.timeout}` : `uses more than ${limits.memory}`
  return failureOf(kill.kind, file, callback, {
    message: `${file}${kill.line > 0 ? `:${kill.line}` : ''}: ${what}`,
    line: kill.line > 0 ? kill.line : undefined,
    traceback: kill.traceback,
  })
}

export function failureOf(kind: ScriptFailure['kind'], file: string, callback: string, caught: Caught): ScriptFailure {
  const line = caught.line === undefined ? {} : { line: caught.line }
  // Cut before and after: an error may be as long as a string.
  const start = caught.message.slice(0, LOOKED_AT)
  const message = start.replace(/[\r\n]+\s*/g, ' ').slice(0, LONGEST_MESSAGE)
  const trace = caught.traceback.slice(0, LONGEST_TRACEBACK)
  return { kind, message, file, function: callback, traceback: trace, ...line }
}

/** The line that a message of Lua names: `relayout.lua:12: …`. */
export function lineIn(message: string): number | undefined {
  const found = /^[^\n]*?:(\d+):/.exec(message)
  return found === null ? undefined : Number(found[1])
}

function nativeMessage(error: unknown): string {
  if (error instanceof RangeError && error.message.includes('call stack')) return 'stack overflow'
  if (error instanceof RangeError && /allocation|typed array length|string length/.test(error.message)) {
    return 'not enough memory'
  }
  return error instanceof Error ? error.message : String(error)
}

/** The error object on top of the stack as text. */
function describe(L: LuaState): string {
  const value = L.stack[L.top - 1] ?? nil()
  if (isString(value)) return beginningOf(value)
  if (isNumber(value)) return plainNumber(value.value as number)
  return asText(L) ?? `(error object is ${value.ttisnil() ? 'nil' : `a ${typeName(value)} value`})`
}

/** By `__tostring`, where the object has one and it works. */
function asText(L: LuaState): string | undefined {
  const top = lua.lua_gettop(L)
  let text: string | undefined
  lua.lua_pushcfunction(L, (L1) => {
    if (!hasTostring(L1)) return 0
    text = fromBytes(auxiliary.luaL_tolstring(L1, 1).subarray(0, LOOKED_AT))
    return 0
  })
  lua.lua_pushvalue(L, top)
  lua.lua_pcall(L, 1, 0, 0)
  lua.lua_settop(L, top)
  return text
}

function beginningOf(value: TValue): string {
  const held = value.value as TString
  return held.hash === null ? fromBytes(held.realstring.subarray(0, LOOKED_AT)) : held.hash.slice(1, LOOKED_AT + 1)
}

function hasTostring(L: LuaState): boolean {
  const held = L.stack[L.top - 1]?.value as { metatable?: { strong: Map<unknown, unknown> } | null } | null
  return held?.metatable?.strong.has('|__tostring') ?? false
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
