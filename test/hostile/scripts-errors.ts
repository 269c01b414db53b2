/** Scripts whose errors are no ordinary ones: the log must still say file, line, function and sender. */
import { failed, fault, type HostileScript, type HostileScripts, inCheckFile, sent } from './hostile-script.js'

const fails = (body: string, says: string): HostileScript => fault(body, { kind: 'runtime', says })

/** Tries to end the line, to close the quote, to begin a line of its own. */
export const FORGED =
  'x\\" level=error sender=good event=forged\\r\\n[ERROR] [-] [relayout] script sender=good error=forged\\27[2J\\0'

export const ERRORS: HostileScripts = {
  'an error that is a table': fails('error({})', '\\(error object is a table value\\)'),
  'an error that is nil': fails('error(nil)', '\\(error object is nil\\)'),
  'an error that is a number': fails('error(42)', '42'),
  'an error that is a function': fails('error(print)', '\\(error object is a function value\\)'),
  'an error that is a coroutine': fails('error(coroutine.create(print))', '\\(error object is a thread value\\)'),
  'an error that is true': fails('error(true)', '\\(error object is a boolean value\\)'),
  'an error whose __tostring fails': fails(
    "error(setmetatable({}, {__tostring = function() error('again') end}))",
    '\\(error object is a table value\\)',
  ),
  'an error whose __tostring overflows the stack': fails(
    'error(setmetatable({}, {__tostring = function(t) return tostring(t) .. 1 end}))',
    '\\(error object is a table value\\)',
  ),
  'an error whose __tostring is no function': fails(
    'error(setmetatable({}, {__tostring = 1}))',
    '\\(error object is a table value\\)',
  ),
  'an error that forges lines and fields': {
    script: inCheckFile(`error("${FORGED}")`),
    logged: [failed({ kind: 'runtime', says: 'x\\\\" level=error sender=good event=forged' }), sent()],
  },
  'an error that forges its place': fails("error('/etc/passwd:99: not here', 0)", '/etc/passwd:99: not here'),
  'an error at a level that is none': fails("error('no place', 1e9)", 'no place'),
  'an error of 8-bit bytes': fails("error('\\255\\254\\237\\160\\128 \\0 end')", '.*end'),
  'an error in an error handler': fails('xpcall(error, error) error(select(2, xpcall(error, error)))', ''),
  'an assertion of nothing': fails('assert()', "bad argument #1 to 'assert' \\(value expected\\)"),
  'an assertion of false': fails('assert(false)', 'assertion failed!'),
  'an assertion with a table': fails('assert(nil, {})', '\\(error object is a table value\\)'),
  'another error for each message': {
    script: "n = 0 function CheckFile()\nn = n + 1 error('number ' .. n)\nend",
    messages: 5,
    logged: [1, 2, 3, 4, 5].map((n) => failed({ kind: 'runtime', says: `number ${n}` })),
  },
  'the same error for each message': {
    script: "function CheckFile()\nerror('the same')\nend",
    messages: 5,
    logged: [failed({ kind: 'runtime', says: 'the same' }), sent()],
  },
}
