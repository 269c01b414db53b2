/** Scripts that take memory without end, under a script_timeout that is never reached: the limit of memory ends them. */
import { failed, type HostileScript, type HostileScripts, inCheckFile, sent } from './hostile-script.js'

function flood(body: string, before = ''): HostileScript {
  return { script: inCheckFile(body, before), logged: [failed({ kind: 'memory', line: false }), sent()] }
}

export const FLOODS: HostileScripts = {
  'a string that doubles': flood("local s = 'x' while true do s = s .. s end"),
  'a string that doubles by rep': flood("local t = {} while true do t[#t + 1] = ('x'):rep(1e6) end"),
  'a string that doubles by gsub': flood("local s = 'x' while true do s = s:gsub('.', '%0%0') end"),
  'a string that doubles by format': flood("local s = 'x' while true do s = string.format('%s%s', s, s) end"),
  'a string that doubles by table.concat': flood("local s = 'x' while true do s = table.concat({s, s}) end"),
  'a string that doubles by pack': flood("local s = 'x' while true do s = string.pack('s4s4', s, s) end"),
  'a string that doubles by HexString': flood("local s = 'x' while true do s = VPOP3.HexString(s) end"),
  '150 strings of 8 MB in one concatenation': flood(
    `local s = ('x'):rep(8000000) local t = ${Array.from({ length: 150 }, () => 's').join('..')}`,
  ),
  'a quoted string of 7 MB of NULs': flood("string.format('%q', ('\\0'):rep(7000000))"),
  'strings in a table': flood("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end"),
  'a table without end': flood('local t = {} while true do t[#t + 1] = 1 end'),
  'a table of tables without end': flood('local t = {} while true do t[#t + 1] = {} end'),
  'tables in tables without end': flood('local t = {} while true do t = {t} end'),
  'a table of keys without end': flood('local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = true end'),
  'a table of keys of 1 MB': flood("local t, i = {}, 0 while true do i = i + 1 t[('k'):rep(1000000) .. i] = true end"),
  'functions without end': flood('local t = {} while true do local n = #t t[n + 1] = function() return n end end'),
  'coroutines without end': flood(
    'local t = {} while true do local c = coroutine.wrap(function() coroutine.yield() end) c() t[#t + 1] = c end',
  ),
  'loaded code without end': flood(
    "local t = {} while true do t[#t + 1] = load('local x = {1, 2, 3, 4, 5, 6} return function() return function() return x end end') end",
  ),
  'a table that grows under table.move': flood('local t = {1} while true do table.move(t, 1, #t, #t + 1) end'),
  'a sandbox of metatables': flood('local t = {} while true do t = setmetatable({}, {__index = t}) end'),
  'Actions that grow': flood('local i = 0 while true do i = i + 1 a[i] = {i} end'),
  'Recipients that grow': flood('while true do recipients[#recipients + 1] = {} end'),
  'globals that grow a little with each message': {
    script: inCheckFile('for i = 1, 30000 do leak[#leak + 1] = {i} end', 'leak = {}'),
    messages: 12,
    logged: [failed({ kind: 'memory', line: false }), sent()],
  },
  'a message behind one that takes too much': {
    script: inCheckFile(
      "if headers.Subject:find(' 2$') then a.Priority = 71 else local t = {} while true do t[#t + 1] = ('x'):rep(4000000) end end",
    ),
    messages: 2,
    logged: [failed({ kind: 'memory' }), sent(), sent(71)],
  },
  'strings that grow a little with each message': {
    script: inCheckFile("leak[#leak + 1] = ('x'):rep(3000000) .. #leak", 'leak = {}'),
    messages: 12,
    logged: [failed({ kind: 'memory', line: false }), sent()],
  },
}

export const LARGE_FLOODS: HostileScripts = {
  'a table without end': flood('local t, i = {}, 0 while true do i = i + 1 t[i] = true end'),
  'a table that grows under table.move': flood('local t = {1} while true do table.move(t, 1, #t, #t + 1) end'),
  'a table of tables without end': flood('local t = {} while true do t[{}] = true end'),
  'huge strings between small tables': flood(
    "local s, t = ('x'):rep(20000000), {} while true do for _ = 1, 2000 do t[#t + 1] = {} end t[string.format('%s%d', s, #t)] = 1 end",
  ),
  'huge results of string.format': flood(
    "local s, t = ('x'):rep(20000000), {} for i = 1, 100 do t[i] = string.format('%s%s', s, s) end",
  ),
}
