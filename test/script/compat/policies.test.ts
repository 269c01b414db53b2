import { LUA_5_0 } from './lua-5-0.js'
import { LUA_5_1 } from './lua-5-1.js'
import { LUA_5_2 } from './lua-5-2.js'
import { LUA_5_3 } from './lua-5-3.js'
import { describePolicies } from './policy.js'

for (const [version, policies] of Object.entries({
  '5.0': LUA_5_0,
  '5.1': LUA_5_1,
  '5.2': LUA_5_2,
  '5.3': LUA_5_3,
})) {
  describe(`a script for Lua ${version}`, () => describePolicies(policies))
}
