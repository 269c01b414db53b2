/** Where a running Lua thread stands: the line of the innermost Lua function, and Lua's traceback. */
import { fromBytes, toBytes } from './byte-string.js'
import { auxiliary, lua } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'

const SOURCE_AND_LINE = toBytes('Sl')
/** lstate.js: the frame is one of a Lua function. */
const CIST_LUA = 1 << 1

/** `relayout.lua:12`, and 12; undefined outside of any Lua function. */
export function position(L: LuaState): { chunk: string; line: number } | undefined {
  const ar = new lua.lua_Debug()
  for (let level = 0; lua.lua_getstack(L, level, ar) !== 0; level++) {
    lua.lua_getinfo(L, SOURCE_AND_LINE, ar)
    if (ar.currentline > 0) return { chunk: fromBytes(ar.short_src), line: ar.currentline }
  }
  return undefined
}

/** Several lines, without the head line; '' where there is no room left for it. */
export function traceback(L: LuaState, level: number): string {
  if (!lua.lua_checkstack(L, 20)) return ''
  auxiliary.luaL_traceback(L, L, null, level)
  const text = fromBytes(lua.lua_tolstring(L, -1) ?? new Uint8Array(0))
  lua.lua_pop(L, 1)
  return text
}

/** The line of the Lua function that has called the running library function, at the least cost; 0 if there is none. */
export function callerLine(L: LuaState): number {
  const caller = L.ci.previous
  if (caller === null || (caller.callstatus & CIST_LUA) === 0) return 0
  return caller.func.value.p.lineinfo[caller.l_savedpc - 1] ?? 0
}
