/**
 * Everything that is changed in fengari 0.1.5, at run time and only here. Loading order matters: fengari's modules copy
 * each other's functions when they are loaded, so a function has to be replaced before its users load. This module
 * loads all of them, in the order that makes the replacements reach every user.
 *
 * Numbers: no 32-bit integers, doubles only, as VPOP3 has. Strings: hashing and copying that is exact for all bytes and
 * fast. Limits: a look at the clock per instruction and assignment, a Kill that passes through pcall, bounds on string
 * size. Tables: a table may refuse assignments, and keeps its items in order.
 */
import { createRequire } from 'node:module'
import { parseNumber } from '../../core/numeral.js'
import { bitOperation } from './bit-operators.js'
import type { BitOperator } from './bit-operators.js'
import { fromBytes, toBytes } from './byte-string.js'
import { CallWatch } from './call-watch.js'
import type {
  Instruction,
  LuaApi,
  LuaAuxiliary,
  LuaFunction,
  LuaState,
  Table,
  TString,
  TValue,
} from './fengari-types.js'
import { plainNumber } from './number-text.js'
import { adviceOn, adviceOnArguments, withSyntaxAdvice } from './old-idioms.js'
import { lengthOver, noteHole, putInOrder } from './table-order.js'

/** A fengari module: functions by name, replaced in place. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the package has no types
type Module = Record<string, any>

const load = createRequire(__filename) as (name: string) => Module
const part = (name: string): Module => load(`fengari/src/${name}.js`)

export const watch = new CallWatch<LuaState>()

const defs = part('defs')
const types = defs['constant_types'] as Record<string, number>
types['LUA_TNUMINT'] = types['LUA_TNUMFLT'] ?? 3

const luaconf = part('luaconf')
luaconf['lua_number2str'] = plainNumber
// No number is an integer: the VM's own 32-bit bit operations then never apply, see luaT_trybinTM below.
luaconf['lua_numbertointeger'] = (): false => false

// A check of the API's callers, costly on every push; and it is false when a JavaScript exception leaves an instruction
// of the VM (a lazy table that cannot be filled), so that the exception would be lost.
part('llimits')['api_check'] = (): void => undefined

const lstring = part('lstring')
const TStringClass = lstring['TString'] as new (L: LuaState | null, bytes: Uint8Array) => TString
// The prefix keeps string keys apart from the other keys of a table's Map. fengari's own hash does not pad its hex
// digits, so that two strings with control bytes could be the same key.
lstring['luaS_hash'] = (bytes: Uint8Array): string => `|${fromBytes(bytes)}`
lstring['luaS_hashlongstr'] = (string: TString): string => (string.hash ??= `|${fromBytes(string.realstring)}`)
const bless = (L: LuaState, bytes: Uint8Array): TString => {
  watch.madeString(L, bytes.length)
  return new TStringClass(L, bytes)
}
lstring['luaS_bless'] = bless
// No arrow function: fengari says `new luaS_new(…)` in one place.
lstring['luaS_new'] = function (L: LuaState, bytes: Uint8Array): TString {
  return bless(L, new Uint8Array(bytes))
}

const lapi = part('lapi')
const ldo = part('ldo')
const lvm = part('lvm')
const ltm = part('ltm')
const lobject = part('lobject')
const ltable = part('ltable')
const ldebug = part('ldebug')

// --- numbers ---

const TValueClass = lobject['TValue'] as (new (type: number, value: unknown) => TValue) & { prototype: Module }
TValueClass.prototype['ttisinteger'] = (): false => false

lobject['luaO_str2num'] = (bytes: Uint8Array, into: TValue & { setfltvalue(n: number): void }): number => {
  const n = parseNumber(fromBytes(bytes))
  if (n === undefined) return 0
  into.setfltvalue(n)
  return bytes.length + 1
}

const asNumber = (value: TValue): number | false => (lvm['tonumber'] as (value: TValue) => number | false)(value)
lvm['tointeger'] = (value: TValue): number | false => {
  const n = asNumber(value)
  return n !== false && Number.isSafeInteger(n) ? n : false
}

const EVENTS = ltm['TMS'] as Record<string, number>
const BIT_EVENTS = new Map<number, BitOperator>(
  (['and', 'or', 'xor', 'shl', 'shr'] as const).map((operator) => [
    EVENTS[operator.startsWith('sh') ? `TM_${operator.toUpperCase()}` : `TM_B${operator.toUpperCase()}`] ?? -1,
    operator,
  ]),
).set(EVENTS['TM_BNOT'] ?? -1, 'not')

type Destination = (TValue & { setfltvalue(n: number): void }) | number

function bitEvent(L: LuaState | null, event: number, a: TValue, b: TValue, to: Destination): boolean {
  const operator = BIT_EVENTS.get(event)
  if (operator === undefined) return false
  const left = asNumber(a)
  const right = asNumber(b)
  const result = left === false || right === false ? undefined : bitOperation(operator, left, right)
  if (result === undefined) return false
  const into = typeof to === 'number' ? (L?.stack[to] as Exclude<Destination, number>) : to
  into.setfltvalue(result)
  return true
}

const trybinTM = ltm['luaT_trybinTM'] as (L: LuaState, a: TValue, b: TValue, to: Destination, event: number) => unknown
ltm['luaT_trybinTM'] = (L: LuaState, a: TValue, b: TValue, to: Destination, event: number): unknown =>
  bitEvent(L, event, a, b, to) ? undefined : trybinTM(L, a, b, to, event)

const arith = lobject['luaO_arith'] as (L: LuaState, op: number, a: TValue, b: TValue, to: Destination) => unknown
lobject['luaO_arith'] = (L: LuaState, op: number, a: TValue, b: TValue, to: Destination): unknown =>
  bitEvent(L, op + (EVENTS['TM_ADD'] ?? 0), a, b, to) ? undefined : arith(L, op, a, b, to)

lapi['lua_pushinteger'] = lapi['lua_pushnumber'] as unknown

// --- limits ---

const OP_CONCAT = (part('lopcodes')['OpCodesI'] as Record<string, number>)['OP_CONCAT'] ?? -1

ldebug['luaG_traceexec'] = (L: LuaState): void => {
  watch.tick(L)
  const { ci } = L
  const instruction = ci.l_code[ci.l_savedpc - 1]
  if (instruction?.opcode === OP_CONCAT) boundConcatenation(L, ci.l_base, instruction)
}

/** `a .. b .. c` is one instruction for up to 250 strings, and makes its result before it says so. */
function boundConcatenation(L: LuaState, base: number, { B, C }: Instruction): void {
  let bytes = 0
  for (let at = base + B; at <= base + C; at++) {
    const value = L.stack[at]
    if (value?.ttisstring() === true) bytes += (value.value as TString).realstring.length
  }
  if (bytes > watch.longestString) throw new RangeError('resulting string too large')
  watch.willMakeString(L, bytes)
}

for (const name of ['luaD_pcall', 'luaD_protectedparser', 'lua_resume']) {
  const original = ldo[name] as (...args: unknown[]) => unknown
  ldo[name] = (...args: unknown[]): unknown => {
    const status = original(...args)
    watch.rethrow()
    return status
  }
}

// The parser runs no instruction either.
const llex = part('llex')
const nextToken = llex['luaX_next'] as (lexer: { L: LuaState }) => void
llex['luaX_next'] = (lexer: { L: LuaState }): void => {
  watch.tick(lexer.L)
  nextToken(lexer)
}

// --- tables ---

/** `refuses` is asked before an entry of the table is changed; true leaves it as it is. */
export interface GuardedTable extends Table {
  refuses(L: LuaState, key: TValue): boolean
}

const setfrom = ltable['luaH_setfrom'] as (L: LuaState | undefined, table: Table, key: TValue, value: TValue) => void
// The parser gives no L for its table of constants.
ltable['luaH_setfrom'] = (L: LuaState | undefined, table: Table, key: TValue, value: TValue): void => {
  if (L === undefined) watch.spend()
  else {
    const { refuses } = table as Partial<GuardedTable>
    if (refuses?.call(table, L, key) === true) return
    // Library functions that fill or move a table run no instructions.
    watch.tick(L)
  }
  setfrom(L, table, key, value)
}

// What a constructor calls, from its last item to its first.
const setint = ltable['luaH_setint'] as (table: Table, index: number, value: TValue) => void
ltable['luaH_setint'] = (table: Table, index: number, value: TValue): void => {
  watch.spend()
  if (value.type === types['LUA_TNIL']) noteHole(table, index)
  setint(table, index, value)
}

const getn = ltable['luaH_getn'] as (table: Table) => number
ltable['luaH_getn'] = (table: Table): number =>
  table.filledTo === undefined ? getn(table) : lengthOver(table, table.filledTo)

const next = ltable['luaH_next'] as (L: LuaState, table: Table, key: number) => boolean
ltable['luaH_next'] = (L: LuaState, table: Table, key: number): boolean => {
  putInOrder(table)
  return next(L, table, key)
}

// Only table.pack asks for an array part.
const createTable = lapi['lua_createtable'] as (L: LuaState) => void
lapi['lua_createtable'] = (L: LuaState, items: number): void => {
  createTable(L)
  if (items > 0) (L.stack[L.top - 1]?.value as Table).filledTo = items
}

// --- errors ---

// An error about a thing of older Lua also says what to write instead.
type Failure = (L: LuaState, ...args: unknown[]) => unknown
const typeError = ldebug['luaG_typeerror'] as Failure
const runError = ldebug['luaG_runerror'] as Failure
ldebug['luaG_typeerror'] = (L: LuaState, value: TValue, operation: Uint8Array): unknown => {
  const advice = adviceOn(L, value)
  if (advice === '') return typeError(L, value, operation)
  const type = (ltm['luaT_objtypename'] as (L: LuaState, value: TValue) => Uint8Array)(L, value)
  return runError(L, toBytes(`attempt to ${fromBytes(operation)} a ${fromBytes(type)} value${advice}`))
}

// What library functions raise errors through, and the script's own `error`.
const errorMessage = ldebug['luaG_errormsg'] as Failure
ldebug['luaG_errormsg'] = (L: LuaState): unknown => {
  const value = L.stack[L.top - 1]
  const advice = adviceOnArguments(L)
  if (advice !== '' && value?.ttisstring() === true) {
    const text = fromBytes(lua.lua_tolstring(L, -1) ?? new Uint8Array(0))
    value.setsvalue(bless(L, toBytes(text + advice)))
  }
  return errorMessage(L)
}

// What the lexer and the parser make their messages with.
const addInfo = ldebug['luaG_addinfo'] as Failure
ldebug['luaG_addinfo'] = (L: LuaState, message: Uint8Array, source: unknown, line: unknown): unknown =>
  addInfo(L, toBytes(withSyntaxAdvice(fromBytes(message))), source, line)

// --- the API and the libraries, which copy what they use from the modules above ---

export const lua = part('lua') as unknown as LuaApi
const lauxlib = part('lauxlib')
export const auxiliary = lauxlib as unknown as LuaAuxiliary

/** luaL_Buffer. */
interface StringBuffer {
  L: LuaState
  b: Uint8Array
  n: number
}

function makeRoom(buffer: StringBuffer, bytes: number): void {
  const needed = buffer.n + bytes
  if (buffer.b.length >= needed) return
  if (needed > watch.longestString) throw new RangeError('resulting string too large')
  const room = Math.max(buffer.b.length * 2, needed, 64)
  // Buffers can be many: gsub and concat call functions of the script, which call them again.
  watch.willMakeString(buffer.L, room)
  const larger = new Uint8Array(room)
  larger.set(buffer.b)
  buffer.b = larger
}

function append(buffer: StringBuffer, bytes: Uint8Array, length: number): void {
  if (length <= 0) return
  makeRoom(buffer, length)
  buffer.b.set(length === bytes.length ? bytes : bytes.subarray(0, length), buffer.n)
  buffer.n += length
}

// fengari makes a view object for every character that is appended; these do not, and they know a limit.
lauxlib['luaL_addchar'] = (buffer: StringBuffer, code: number): void => {
  if (buffer.n === buffer.b.length) makeRoom(buffer, 1)
  buffer.b[buffer.n++] = code
}
lauxlib['luaL_prepbuffsize'] = (buffer: StringBuffer, bytes: number): Uint8Array => {
  makeRoom(buffer, bytes)
  return buffer.b.subarray(buffer.n, buffer.n + bytes)
}
lauxlib['luaL_addlstring'] = append
lauxlib['luaL_addstring'] = (buffer: StringBuffer, bytes: Uint8Array): void => append(buffer, bytes, bytes.length)
lauxlib['luaL_addvalue'] = (buffer: StringBuffer): void => {
  const bytes = lua.lua_tolstring(buffer.L, -1) ?? new Uint8Array(0)
  append(buffer, bytes, bytes.length)
  lua.lua_pop(buffer.L, 1)
}

// In some places fengari says this without the argument's number, and the message is then nonsense.
lauxlib['luaL_argcheck'] = (L: LuaState, holds: boolean, arg: number | string, message: Uint8Array): void => {
  if (holds) return
  if (typeof arg === 'string') auxiliary.luaL_argerror(L, 1, toBytes(arg))
  else auxiliary.luaL_argerror(L, arg, message)
}

// Lua 5.2 takes `string.sub(s, 1, #s / 2)` and `string.format('%d', 3.7)`, cutting the fraction off; 5.3 refuses. Old
// scripts rely on the former.
const checkInteger = (L: LuaState, arg: number): number => {
  const n = Math.trunc(auxiliary.luaL_checknumber(L, arg))
  if (Number.isSafeInteger(n)) return n
  if (Number.isNaN(n)) return auxiliary.luaL_argerror(L, arg, toBytes('number has no integer representation'))
  return n > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
}
lauxlib['luaL_checkinteger'] = checkInteger
lauxlib['luaL_optinteger'] = (L: LuaState, arg: number, fallback: number): number =>
  lua.lua_type(L, arg) <= 0 ? fallback : checkInteger(L, arg)

// First the module that the libraries need each other through, or they warn of a circular dependency.
part('lualib')
export const LIBRARIES = {
  base: part('lbaselib')['luaopen_base'] as LuaFunction,
  coroutine: part('lcorolib')['luaopen_coroutine'] as LuaFunction,
  math: part('lmathlib')['luaopen_math'] as LuaFunction,
  string: part('lstrlib')['luaopen_string'] as LuaFunction,
  table: part('ltablib')['luaopen_table'] as LuaFunction,
  utf8: part('lutf8lib')['luaopen_utf8'] as LuaFunction,
}

export const internals = {
  TValue: TValueClass,
  TString: TStringClass,
  Table: ltable['Table'] as new (L: LuaState) => Table,
  newString: bless,
  callNative: lapi['lua_atnativeerror'] as (L: LuaState, handler: LuaFunction) => unknown,
  getTable: lvm['luaV_gettable'] as (L: LuaState, table: TValue, key: TValue, to: number) => void,
  sethook: ldebug['lua_sethook'] as (L: LuaState, hook: () => void, mask: number, count: number) => void,
}

/** Type tags of values: `TValue.type`. */
export const TYPE = {
  nil: types['LUA_TNIL'] ?? 0,
  boolean: types['LUA_TBOOLEAN'] ?? 1,
  number: types['LUA_TNUMFLT'] ?? 3,
  string: types['LUA_TLNGSTR'] ?? 20,
  table: types['LUA_TTABLE'] ?? 5,
  /** Without the variant bits, as lua_type answers. */
  anyString: types['LUA_TSTRING'] ?? 4,
  function: types['LUA_TFUNCTION'] ?? 6,
} as const
