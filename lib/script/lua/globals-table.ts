/** The table that holds a state's globals. */
import { lua } from './fengari-overrides.js'
import type { LuaState, Table } from './fengari-types.js'

export function globalsOf(L: LuaState): Table {
  const registry = L.l_G.l_registry.value as Table
  return registry.strong.get(lua.LUA_RIDX_GLOBALS)?.value.value as Table
}
