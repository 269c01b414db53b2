/**
 * Scripts that stay inside one library function: no Lua code runs, so only ending the thread helps. The line is the
 * one that called.
 */
import { endless, type HostileScripts } from './hostile-script.js'

const HUGE = 'setmetatable({}, {__len = function() return 2^31 - 2 end})'
const BAD_PATTERN = "('a*'):rep(40) .. 'b'"

export const LIBRARY_LOOPS: HostileScripts = {
  'a pattern without end in find': endless(`local _ = ('a'):rep(40):find(${BAD_PATTERN})`),
  'a pattern without end in match': endless(`local _ = ('a'):rep(40):match(${BAD_PATTERN})`),
  'a pattern without end in gmatch': endless(`for _ in ('a'):rep(40):gmatch(${BAD_PATTERN}) do end`),
  'a pattern without end in gsub': endless(`local _ = ('a'):rep(40):gsub(${BAD_PATTERN}, '')`),
  'a pattern without end inside pcall': endless(`while true do pcall(string.find, ('a'):rep(40), ${BAD_PATTERN}) end`),
  'a pattern without end in a coroutine': endless(
    `coroutine.wrap(function() return ('a'):rep(40):find(${BAD_PATTERN}) end)()`,
  ),
  'brackets that never match': endless("local _ = ('('):rep(1e6):find('%b()')"),
  'frontiers that never match': endless("local _ = ('a '):rep(1000):find(('%f[%w].-'):rep(20) .. 'b')"),
  'table.insert at the front of a huge length': endless(`table.insert(${HUGE}, 1, 'x')`),
  'table.remove from the front of a huge length': endless(`table.remove(${HUGE}, 1)`),
  'table.move over a huge range': endless('table.move({}, 1, 2^31 - 9, 2)'),
  'table.sort of a huge length by a library function': endless(
    'table.sort(setmetatable({}, {__len = function() return 2^31 - 2 end}), rawequal)',
  ),
  'a source for load that is slow to compile': endless("load('if a then ' .. ('elseif a then '):rep(70000) .. 'end')"),
  'a source for load of many small pieces': endless("load(function() return '-' end)"),
}
