/** Scripts that overwrite what they, the libraries or the mail server rely on. */
import {
  endless,
  failed,
  fault,
  harmless,
  type HostileScript,
  type HostileScripts,
  inCheckFile,
  LOOP,
  printed,
  sent,
  warned,
} from './hostile-script.js'

const LOOPING = `setmetatable({}, {__index = function() ${LOOP} end})`

/** CheckFile is no Lua function of the script's own. */
function callback(value: string, ...logged: readonly string[]): HostileScript {
  return { script: `CheckFile = ${value}`, logged: [...logged, sent()] }
}

const noLine = (kind: 'runtime' | 'type', says: string): string => failed({ kind, line: false, says })

export const GLOBALS: HostileScripts = {
  'string = nil': harmless("string = nil print(('x'):rep(3), pcall(function() return string.rep end))", 'xxx.*false'),
  'pcall = nil': fault('pcall = nil pcall(print)', {
    kind: 'runtime',
    says: "attempt to call a nil value \\(global 'pcall'\\)",
  }),
  'print = nil': harmless('local p = print print = nil p("still")', 'still'),
  '_G = nil': harmless('_G = nil print(type(string))', 'table'),
  '_ENV = {}': {
    script: `local print = print _ENV = {} function CheckFile() ${LOOP} end print('hidden')`,
    logged: [printed('hidden'), sent()],
    never: ['^\\[ERROR\\]'],
  },
  'every global taken out': {
    script: inCheckFile('local g, p = _G, print for k in pairs(g) do g[k] = nil end p("left", sendername)'),
    logged: [printed('left.*NAME'), warned('NAME\\.lua:2: assignment to \\w+ is ignored: it is read only'), sent()],
    never: ['^\\[ERROR\\]'],
  },
  'a global table whose __index never ends': endless(
    'local _ = nothing',
    `setmetatable(_G, {__index = function() ${LOOP} end})`,
    1,
  ),
  'a global table whose __newindex never ends': {
    script: inCheckFile('new = 1') + `setmetatable(_G, {__newindex = function() ${LOOP} end})`,
    logged: [failed({ kind: 'timeout', line: 5 }), sent()],
  },
  'a global table without Start and CheckFile but with __index': {
    script: `setmetatable(_G, {__index = function() return function() ${LOOP} end end})`,
    logged: [sent()],
    never: ['^\\[ERROR\\]'],
  },
  'a global table with __metatable': harmless(
    'setmetatable(_G, {__metatable = false, __len = error, __pairs = error}) print(pcall(setmetatable, _G, {}))',
    'false.*cannot change a protected metatable',
  ),
  'read-only globals': harmless(
    "senderid = 99 rawset(_G, 'sendername', 'good') rawset(_G, 'ConnectedServer', {}) table.insert(_G, 'x') " +
      'print(senderid ~= 99, sendername, ConnectedServer)',
    'true.*NAME',
  ),
  'the metatable of strings with a looping __index': endless(
    'local _ = ("x"):rep(2)',
    `getmetatable('').__index = function() ${LOOP} end`,
    1,
  ),
  'the metatable of strings without __index': fault("getmetatable('').__index = nil ; ('x'):rep(2)", {
    kind: 'runtime',
    says: 'attempt to index a string value',
  }),
  'the metatable of strings with arithmetic that never ends': endless(
    'local _ = "x" + 1',
    `getmetatable('').__add = function() ${LOOP} end`,
    1,
  ),
  'the metatable of strings as a trap for the mail server': {
    script: inCheckFile(
      'a.Reason = "r"',
      `local m = getmetatable('') for _, e in ipairs{'__index', '__eq', '__len', '__tostring', '__concat', '__call', '__name'} do m[e] = function() ${LOOP} end end`,
    ),
    logged: [sent()],
    never: ['^\\[ERROR\\]'],
  },
  'library tables that loop': endless('local _ = os.nothing', `setmetatable(os, getmetatable(${LOOPING}))`, 1),
  'library functions replaced by loops': endless('local _ = #(("x"):rep(2))', `string.rep = function() ${LOOP} end`, 1),
  'CheckFile = 5 after the first message': {
    script: inCheckFile("CheckFile = 5 print('once')"),
    messages: 3,
    logged: [printed('once'), sent()],
    never: ['^\\[ERROR\\]'],
  },
  'a new CheckFile at each message': {
    script: 'n = 0 function make() n = n + 1 CheckFile = function(_, a) a.Priority = n make() return a end end make()',
    messages: 3,
    logged: [sent(1), sent(2), sent(3)],
    never: ['^\\[ERROR\\]'],
  },
  'CheckFile as a callable table': callback('setmetatable({}, {__call = function() error("called") end})'),
  'CheckFile as a coroutine': callback('coroutine.create(print)'),
  'CheckFile as a wrapped coroutine that ends': {
    script: 'CheckFile = coroutine.wrap(function(_, a) a.Priority = 63 return a end)',
    messages: 2,
    logged: [sent(63), noLine('runtime', 'cannot resume dead coroutine'), sent()],
  },
  'CheckFile = error': callback('error', noLine('runtime', '')),
  'CheckFile = coroutine.yield': callback(
    'coroutine.yield',
    noLine('runtime', 'attempt to yield from outside a coroutine'),
  ),
  'CheckFile = pcall': callback('pcall', noLine('type', 'CheckFile must return the Actions table, not a boolean')),
  'CheckFile = print': callback('print', warned('CheckFile returned nothing')),
  'CheckFile = string.rep': callback(
    'string.rep',
    noLine('runtime', "bad argument #2 to '.*' \\(number expected, got table\\)"),
  ),
  'CheckFile = os.exit': callback('os.exit', noLine('runtime', 'os\\.exit is not available in NAME\\.lua')),
  'CheckFile = setmetatable': callback('setmetatable', noLine('runtime', 'bad argument #1')),
  'Recipients, HeaderData and HeaderLines cleared': harmless(
    'for _, t in ipairs{recipients, headers, lines} do for k in pairs(t) do t[k] = nil end end print(#recipients, next(headers), #lines)',
    '0.*nil.*0',
  ),
  'Recipients, HeaderData and HeaderLines with cyclic metatables': harmless(
    'for _, t in ipairs{recipients, headers, lines} do rawset(t, "__index", t) rawset(t, "__newindex", t) rawset(t, "__len", error) setmetatable(t, t) end ' +
      'print(pcall(function() return headers.nothing end)) print(pcall(function() headers.nothing = 1 end))',
    'false.*__index.*chain too long',
    'false.*__newindex.*chain too long',
  ),
  'Recipients, HeaderData and HeaderLines filled': harmless(
    'for i = 1, 1000 do recipients[i] = i headers[i] = lines lines[i] = {} end headers.Subject = recipients print(#recipients)',
    '1000',
  ),
  'tables changed while they are walked': harmless(
    'print(pcall(function() for k in pairs(headers) do headers[k] = nil headers[k .. 1] = nil end end)) table.sort(recipients) ' +
      'table.remove(lines, 1) table.move(lines, 1, #lines, 5) print(pcall(table.concat, lines))',
    'true',
  ),
}
