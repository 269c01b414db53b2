/** Scripts that nothing is wrong with, by what they are. */
import { readFileSync } from 'node:fs'
import { BY_SIZE, OFFICE_HOURS } from '../support/reference-scripts.js'
import { LUA_5_0 } from '../script/compat/lua-5-0.js'
import { LUA_5_1 } from '../script/compat/lua-5-1.js'
import { LUA_5_2 } from '../script/compat/lua-5-2.js'
import { LUA_5_3 } from '../script/compat/lua-5-3.js'

function file(name: string): [string, string] {
  return [name, readFileSync(name, 'latin1')]
}

/** Byte strings. */
export const GOOD_SCRIPTS: readonly (readonly [string, string])[] = [
  file('config/relayout.lua'),
  file('examples/srs.lua'),
  file('examples/verp.lua'),
  ...[...readFileSync('README.md', 'latin1').matchAll(/```lua\n(.*?)```/gs)].map(
    ([, text = ''], i) => [`the README's Lua example ${i + 1}`, text] as const,
  ),
  ['office hours, of the original description', OFFICE_HOURS],
  ['by size, of the original description', BY_SIZE],
  ...[...LUA_5_0, ...LUA_5_1, ...LUA_5_2, ...LUA_5_3].map(
    ({ name, script }) => [`the policy that ${name}`, script] as const,
  ),
]
