/** Scripts that never end while Lua code runs: the script thread itself sees the time and ends the call. */
import {
  endless,
  failed,
  fault,
  harmless,
  type HostileScripts,
  inCheckFile,
  LOOP,
  printed,
  sent,
} from './hostile-script.js'

const looping = (event: string): string => `setmetatable({}, {${event} = function() ${LOOP} end})`

const METAMETHODS: Readonly<Record<string, string>> = {
  __index: `local _ = ${looping('__index')}.x`,
  __newindex: `${looping('__newindex')}.x = 1`,
  __add: `local _ = ${looping('__add')} + 1`,
  __unm: `local _ = -${looping('__unm')}`,
  __concat: `local _ = ${looping('__concat')} .. 'x'`,
  __eq: `local t = ${looping('__eq')} local _ = t == setmetatable({}, getmetatable(t))`,
  __lt: `local _ = ${looping('__lt')} < 1`,
  __le: `local _ = ${looping('__le')} <= 1`,
  __len: `local _ = #${looping('__len')}`,
  __call: `${looping('__call')}()`,
  __tostring: `local _ = tostring(${looping('__tostring')})`,
  __pairs: `for _ in pairs(${looping('__pairs')}) do end`,
  __band: `local _ = ${looping('__band')} & 1`,
}

export const LOOPS: HostileScripts = {
  'a plain loop': endless(LOOP),
  'a loop by goto': endless('::again:: goto again'),
  'a loop by repeat': endless('repeat until false'),
  'a numeric loop to infinity': endless('for _ = 1, math.huge do end'),
  'a numeric loop with step 0': endless('for _ = 1, 1, 0 do end'),
  'a loop of tail calls': endless('local function f() return f() end f()'),
  'a loop that makes strings': endless("local s = '' while true do s = ('x'):rep(100):upper() end"),
  'a loop that makes garbage': endless('while true do local t = {{}, {}} end'),
  'a loop that calls library functions only': endless("while true do string.find('x', 'y') end"),
  'a loop in pcall': endless(`pcall(function() ${LOOP} end)`),
  'a loop around pcall': endless(`while true do pcall(function() ${LOOP} end) end`),
  'a loop around pcall of an error': endless('while true do pcall(error, {}) end'),
  'a loop around a string that is too long': endless("while true do pcall(string.rep, 'x', 1e10) end"),
  'a loop around a string that doubles': endless("local s = 'x' while true do pcall(function() s = s .. s end) end"),
  'a loop around 150 strings of 8 MB in one concatenation': endless(
    `local s = ('x'):rep(8000000) while true do pcall(function() return ${Array.from({ length: 150 }, () => 's').join('..')} end) end`,
  ),
  'a loop in an error handler': endless(`xpcall(error, function() ${LOOP} end)`),
  'a loop in the handler of an error in a handler': endless(
    `xpcall(error, function() xpcall(error, function() ${LOOP} end) end)`,
  ),
  'a loop around xpcall with a handler that fails': endless('while true do xpcall(error, error) end'),
  'a loop in a coroutine': endless(`coroutine.wrap(function() ${LOOP} end)()`),
  'a loop in a coroutine that was made early': endless('early()', `early = coroutine.wrap(function() ${LOOP} end)`, 1),
  'a loop in nested coroutines under pcall': endless(
    `local function nest(n) if n == 0 then ${LOOP} end ` +
      'while true do pcall(coroutine.resume, coroutine.create(nest), n - 1) end end nest(5)',
  ),
  'a generator without end': endless(
    'for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end',
  ),
  'a loop that makes coroutines': endless('while true do coroutine.wrap(coroutine.yield)() end'),
  'a recursion through pcall': endless('local function f() while true do pcall(f) end end f()'),
  'a stack overflow in every pcall of a loop': endless(
    'local function f() return 1 + f() end while true do pcall(f) end',
  ),
  'a recursion through xpcall and coroutines': endless(
    'local function f() while true do xpcall(coroutine.wrap(f), f) end end f()',
  ),
  ...Object.fromEntries(Object.entries(METAMETHODS).map(([event, body]) => [`a loop in ${event}`, endless(body)])),
  'a loop in __index of a table that gsub replaces from': endless(`('x'):gsub('x', ${looping('__index')})`),
  'a loop in a function that gsub replaces by': endless(`('x'):gsub('x', function() ${LOOP} end)`),
  'a loop in a comparison of sort': endless(`table.sort({3, 2, 1}, function() ${LOOP} end)`),
  'a loop in __lt under sort': endless(`local t = ${looping('__lt')} table.sort({t, t, t})`),
  'a loop in a reader of load': endless(`load(function() ${LOOP} end)`),
  'a reader of load that never ends': endless("load(function() return ' ' end)"),
  'a loop in loaded code': endless(`load('${LOOP}')()`),
  'a loop in __tostring of an error': endless(`error(${looping('__tostring')})`),
  'a loop in __tostring of what is printed': endless(`print(${looping('__tostring')})`),
  'a loop in __index of what is returned': {
    script: inCheckFile(`do return ${looping('__index')} end`),
    logged: [failed({ kind: 'timeout' }), sent()],
  },
  'a loop in __len under table.unpack': endless(`table.unpack(${looping('__len')})`),
  'a loop over table.concat with __index': endless(
    "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 2^53)",
  ),
  'a loop that prints': {
    script: inCheckFile("while true do print('again') end"),
    logged: [failed({ kind: 'timeout' }), printed('again'), printed('… \\d+ more lines dropped'), sent()],
  },
  'a loop in __gc, which is never called': harmless(
    `setmetatable({}, {__gc = function() ${LOOP} end}) collectgarbage() print('went on')`,
    'went on',
  ),
  'a loop in __close and __mode, which mean nothing': harmless(
    `do local t = setmetatable({}, {__close = function() ${LOOP} end, __mode = 'kv'}) end print('went on')`,
    'went on',
  ),
  'a CheckFile that yields': fault('coroutine.yield()', {
    kind: 'runtime',
    says: 'attempt to yield from outside a coroutine',
  }),
  'a comparison of sort that yields': fault('coroutine.wrap(function() table.sort({2, 1}, coroutine.yield) end)()', {
    kind: 'runtime',
    says: 'attempt to yield across a JS-call boundary',
  }),
}
