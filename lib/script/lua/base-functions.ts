/** Base functions that are Lua's with a bound or another meaning: print, load, math.type. */
import { argument, ScriptFault } from './arguments.js'
import { fromBytes } from './byte-string.js'
import { auxiliary, lua, TYPE } from './fengari-overrides.js'
import type { LuaFunction, LuaState } from './fengari-types.js'
import { isNumber, push, string } from './values.js'

const LONGEST_LOAD = 1024 * 1024

/** Numbers are doubles; a whole one is what a script means by an integer. */
export function mathType(L: LuaState): number {
  auxiliary.luaL_checkany(L, 1)
  const value = L.stack[L.top - lua.lua_gettop(L)]
  if (value === undefined || !isNumber(value)) lua.lua_pushnil(L)
  else push(L, string(Number.isSafeInteger(value.value) ? 'integer' : 'float'))
  return 1
}

export function printer(print: (line: string) => void): LuaFunction {
  return (L) => {
    const count = lua.lua_gettop(L)
    const words: string[] = []
    for (let at = 1; at <= count; at++) {
      words.push(fromBytes(auxiliary.luaL_tolstring(L, at)))
      lua.lua_pop(L, 1)
    }
    print(words.join('\t'))
    return 0
  }
}

/** Text only: bytecode could reach past every limit. `original`: Lua's own load. */
export function boundedLoad(original: LuaFunction): LuaFunction {
  return (L) => {
    if (lua.lua_type(L, 1) === TYPE.anyString && argument.text(L, 1).length > LONGEST_LOAD) {
      throw new ScriptFault(`load: the chunk is longer than ${LONGEST_LOAD} bytes`)
    }
    if (lua.lua_gettop(L) < 3) lua.lua_settop(L, 2)
    push(L, string('t'))
    if (lua.lua_gettop(L) > 3) lua.lua_replace(L, 3)
    return original(L)
  }
}
