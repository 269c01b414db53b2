/** Scripts that make code of their own. */
import { fault, harmless, type HostileScripts } from './hostile-script.js'

export const LOADS: HostileScripts = {
  'bytecode in load': harmless(
    "print(load('\\27Lua\\83\\0\\25\\147\\r\\n\\26\\n')) print(load('\\27Lua', 'b', 'b')) print(load('\\27', 'b', 'bt', {}))",
    'nil.*attempt to load a binary chunk',
  ),
  'bytecode in a reader of load': harmless(
    "local n = 0 print(load(function() n = n + 1 return ({'\\27', 'Lua', '\\83'})[n] end, 'b', 'b'))",
    'nil.*attempt to load a binary chunk',
  ),
  'string.dump': fault('load(string.dump(function() end))', {
    kind: 'runtime',
    says: 'string\\.dump is not available in NAME\\.lua: a script cannot make bytecode',
  }),
  'a reader of load that fails': harmless(
    "print(load(function() error('reader broke') end)) print(load(function() error({}) end))",
    'nil.*reader broke',
    'nil.*table',
  ),
  'a reader of load that returns no strings': harmless(
    'for _, v in ipairs{{}, true, print} do print(load(function() return v end)) end',
    'nil.*reader function must return a string',
  ),
  'a reader of load that yields': harmless(
    'print(coroutine.wrap(function() return load(coroutine.yield) end)())',
    'nil.*attempt to yield across a JS-call boundary',
  ),
  'a reader of load that is a library function': harmless('print(load(os.date))', 'nil.*syntax error'),
  'a source of 100,000 brackets': harmless("print(load('x = ' .. ('('):rep(100000)))", 'nil.*(?:too many|overflow)'),
  'a source of 100,000 braces': harmless("print(load('x = ' .. ('{'):rep(100000)))", 'nil.*(?:too many|overflow)'),
  'a source of 100,000 functions in each other': harmless(
    "print(load(('return function() '):rep(20000)))",
    'nil.*(?:too many|overflow)',
  ),
  'a source of 100,000 blocks in each other': harmless(
    "print(load(('do '):rep(100000)))",
    'nil.*(?:too many|overflow)',
  ),
  'a source of 100,000 nots': harmless("print(load('x = ' .. ('not '):rep(100000)))", 'nil.*(?:too many|overflow)'),
  'a source of 20,000 fields': harmless(
    "print(pcall(load('return a' .. ('.b'):rep(20000))))",
    'false.*attempt to index a nil value',
  ),
  'a source of 1,000 locals': harmless("print(load(('local x '):rep(1000)))", 'nil.*too many local variables'),
  'a source of 20,000 values': harmless("print(#load('return {' .. ('1,'):rep(20000) .. '}')())", '20000'),
  'a source of more than 1 MB': harmless(
    "print(pcall(load, ('x = 1 '):rep(200000)))",
    'false.*longer than 1048576 bytes',
  ),
  'a chunk name of 1 MB': harmless("print(load('x x', ('n'):rep(1e6)))", 'nil.*syntax error'),
  'a chunk name that forges the file': harmless(
    "print(pcall(load('error(\"here\")', '@/etc/passwd:1: level=ERROR\\r\\n[ERROR] [-] [relayout] forged')))",
    'false.*here',
  ),
}
