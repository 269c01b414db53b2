/**
 * The parts of fengari 0.1.5 that the engine uses, as types. The package has none of its own; these follow its source,
 * and only as far as something here calls it. The exact version is pinned, because most of this is not a public API.
 */

export interface TString {
  hash: string | null
  readonly realstring: Uint8Array
}

export interface TValue {
  type: number
  value: unknown
  setfrom(this: TValue, from: TValue): void
  setsvalue(this: TValue, string: TString): void
  ttisnil(): boolean
  ttisstring(): boolean
  ttistable(): boolean
}

export interface TableEntry {
  readonly key: TValue
  readonly value: TValue
  p: TableEntry | undefined
  n: TableEntry | undefined
  /** See table-order. */
  inOrder?: boolean
}

export interface Table {
  strong: Map<unknown, TableEntry>
  /** First and last entry, in order of insertion. */
  f: TableEntry | undefined
  l: TableEntry | undefined
  /** Removed entries that a traversal may still stand at. */
  dead_strong: Map<unknown, TableEntry>
  metatable: Table | null
  /** See table-order. */
  filledTo?: number
}

/** One instruction of the VM: `A`, `B` and `C` are registers; from 256 on, `B` and `C` are constants. */
export interface Instruction {
  readonly opcode: number
  readonly A: number
  readonly B: number
  readonly C: number
}

export interface CallInfo {
  readonly previous: CallInfo | null
  readonly callstatus: number
  /** The function's place on the stack, and its first register's. */
  readonly funcOff: number
  readonly l_base: number
  readonly top: number
  /** The next instruction. */
  readonly l_savedpc: number
  readonly l_code: readonly Instruction[]
  readonly func: {
    readonly value: {
      readonly p: { readonly lineinfo: readonly number[]; readonly k: readonly TValue[]; readonly source: TString }
    }
  }
}

export interface LuaState {
  readonly l_G: { id_counter: number; readonly l_registry: TValue }
  stack: TValue[]
  top: number
  ci: CallInfo
  hookmask: number
}

export type LuaFunction = (L: LuaState) => number

export interface LuaDebug {
  readonly source: Uint8Array
  readonly short_src: Uint8Array
  readonly currentline: number
  readonly name: Uint8Array | null
  readonly namewhat: Uint8Array
  readonly what: Uint8Array
  readonly linedefined: number
  readonly istailcall: number
}

/** lua.js: the C API. */
export interface LuaApi {
  readonly LUA_REGISTRYINDEX: number
  readonly LUA_RIDX_GLOBALS: number
  readonly LUA_MULTRET: number
  readonly lua_Debug: new () => LuaDebug
  lua_call(L: LuaState, args: number, results: number): void
  lua_checkstack(L: LuaState, n: number): boolean
  lua_close(L: LuaState): void
  lua_createtable(L: LuaState, array: number, records: number): void
  lua_error(L: LuaState): number
  lua_getfield(L: LuaState, index: number, key: Uint8Array): number
  lua_geti(L: LuaState, index: number, key: number): number
  lua_getinfo(L: LuaState, what: Uint8Array, ar: LuaDebug): number
  lua_getstack(L: LuaState, level: number, ar: LuaDebug): number
  lua_gettop(L: LuaState): number
  lua_load(
    L: LuaState,
    reader: (L: LuaState, data: { string: Uint8Array | null }) => Uint8Array | null,
    data: { string: Uint8Array | null },
    chunkName: Uint8Array,
    mode: Uint8Array,
  ): number
  lua_next(L: LuaState, index: number): number
  lua_pcall(L: LuaState, args: number, results: number, handler: number): number
  lua_pop(L: LuaState, n: number): void
  lua_pushboolean(L: LuaState, value: boolean): void
  lua_pushcfunction(L: LuaState, f: LuaFunction): void
  lua_pushinteger(L: LuaState, value: number): void
  lua_pushnil(L: LuaState): void
  lua_pushnumber(L: LuaState, value: number): void
  lua_pushvalue(L: LuaState, index: number): void
  lua_rawequal(L: LuaState, a: number, b: number): number
  lua_rawgeti(L: LuaState, index: number, key: number): number
  lua_rawlen(L: LuaState, index: number): number
  lua_remove(L: LuaState, index: number): void
  lua_replace(L: LuaState, index: number): void
  lua_setfield(L: LuaState, index: number, key: Uint8Array): void
  lua_seti(L: LuaState, index: number, key: number): void
  lua_setmetatable(L: LuaState, index: number): void
  lua_settop(L: LuaState, index: number): void
  lua_toboolean(L: LuaState, index: number): boolean
  lua_tolstring(L: LuaState, index: number): Uint8Array | null
  lua_tonumber(L: LuaState, index: number): number
  lua_topointer(L: LuaState, index: number): unknown
  lua_tothread(L: LuaState, index: number): LuaState | null
  lua_touserdata(L: LuaState, index: number): unknown
  lua_type(L: LuaState, index: number): number
  lua_typename(L: LuaState, type: number): Uint8Array
}

/** lauxlib.js. */
export interface LuaAuxiliary {
  luaL_argerror(L: LuaState, arg: number, message: Uint8Array): number
  luaL_checkany(L: LuaState, arg: number): void
  luaL_checkinteger(L: LuaState, arg: number): number
  luaL_checknumber(L: LuaState, arg: number): number
  luaL_checkstring(L: LuaState, arg: number): Uint8Array
  luaL_checktype(L: LuaState, arg: number, type: number): void
  /** Pushes the field if there is one, and answers its type. */
  luaL_getmetafield(L: LuaState, index: number, name: Uint8Array): number
  luaL_len(L: LuaState, index: number): number
  luaL_newstate(): LuaState
  luaL_optinteger(L: LuaState, arg: number, fallback: number): number
  luaL_optnumber(L: LuaState, arg: number, fallback: number): number
  luaL_requiref(L: LuaState, name: Uint8Array, open: LuaFunction, global: number): void
  luaL_tolstring(L: LuaState, index: number): Uint8Array
  luaL_where(L: LuaState, level: number): void
}
