/** Scripts whose CheckFile returns, or leaves in Actions, what no script should. */
import { FORGED } from './scripts-errors.js'
import {
  failed,
  fault,
  type HostileScript,
  type HostileScripts,
  inCheckFile,
  sent,
  skipped,
  warned,
} from './hostile-script.js'

/** CheckFile stands in line 1: of a result of the wrong type only the function is known. */
export function wrongType(expression: string, type: string): HostileScript {
  return {
    script: `function CheckFile()\ndo return ${expression} end\nend`,
    logged: [
      failed({ kind: 'type', line: 1, says: `CheckFile must return the Actions table, not a ${type}[.] ` }),
      sent(),
    ],
  }
}

/** Actions are as the script left them, and the message goes out. */
export function goes(body: string, priority = 50, ...warnings: readonly string[]): HostileScript {
  return { script: inCheckFile(body), logged: [sent(priority), ...warnings.map(warned)], never: ['^\\[ERROR\\]'] }
}

export function waits(body: string, reason: string, retry: number): HostileScript {
  return { script: inCheckFile(body), outcome: 'skipped', logged: [skipped(reason, retry)], never: ['^\\[ERROR\\]'] }
}

/** The first time the script skips for as short a time as there is, the second time it does not. */
function waitsOnce(retryAfter: string): HostileScript {
  return {
    script: inCheckFile(`local year, month, day, hour, min, sec = created:match('(....)(..)(..)(..)(..)(..)')
local age = os.time() - os.time({year = year, month = month, day = day, hour = hour, min = min, sec = sec})
a.SkipSend = age < 2 a.RetryAfter = ${retryAfter}`),
    logged: [skipped('"the script gave no reason"', 1), sent()],
    never: ['^\\[ERROR\\]'],
  }
}

export const notANumber = (what: string): string => `Priority = ${what} is not a number from 1 to 100; 50 is used`

export const RESULTS: HostileScripts = {
  'a coroutine as result': wrongType('coroutine.create(print)', 'thread'),
  'a function as result': wrongType('print', 'function'),
  'true as result': wrongType('true', 'boolean'),
  'nan as result': wrongType('0/0', 'number'),
  'many results': goes('do return a, table.unpack({}, 1, 15000) end'),
  'nothing as result': {
    script: 'function CheckFile(file, a)\na.Priority = 60\nend',
    logged: [warned('CheckFile returned nothing: Actions is taken as it left it'), sent(60)],
  },
  'an empty table as result': goes('do return {} end'),
  'a cyclic table as result': goes('a.a = a a[a] = a setmetatable(a, a) a.Priority = 61', 61),
  'a table with __index that fails': fault(
    "do return setmetatable({}, {__index = function() error('never') end}) end",
    {
      kind: 'runtime',
      says: 'never',
    },
  ),
  'a table with __index that answers for every field': goes(
    "do return setmetatable({}, {__index = function(_, k) return k == 'Priority' and 62 or nil end}) end",
    62,
  ),
  'a table with __index that is itself': fault('local t = {} t = setmetatable(t, {__index = t}) do return t end', {
    kind: 'runtime',
    line: false,
    says: "'__index' chain too long",
  }),
  'Actions with all fields taken out': goes('for k in pairs(a) do a[k] = nil end'),
  'Priority nan': goes('a.Priority = 0/0', 50, notANumber('NaN')),
  'Priority inf': goes('a.Priority = math.huge', 100),
  'Priority -inf': goes('a.Priority = -math.huge', 1),
  'Priority -0': goes('a.Priority = -0.0', 1),
  'Priority 1e308': goes('a.Priority = 1e308', 100),
  'Priority as a table': goes('a.Priority = {}', 50, notANumber('a table')),
  'Priority as a function': goes('a.Priority = print', 50, notANumber('a function')),
  'Priority as a coroutine': goes('a.Priority = coroutine.create(print)', 50, notANumber('a thread')),
  'Priority that forges a field': goes(
    `a.Priority = "${FORGED}"`,
    50,
    'Priority = \\\\"x\\\\" level=error sender=good event=forged \\[ERROR\\]',
  ),
  'RetryAfter -5': waitsOnce('-5'),
  'RetryAfter -inf': waitsOnce('-math.huge'),
  'RetryAfter 1e308': waits('a.SkipSend = true a.RetryAfter = 1e308', '"the script gave no reason"', 604800),
  'RetryAfter inf': waits('a.SkipSend = true a.RetryAfter = math.huge', '"the script gave no reason"', 604800),
  'RetryAfter nan': {
    ...waits('a.SkipSend = true a.RetryAfter = 0/0', '"the script gave no reason"', 60),
    logged: [warned('RetryAfter = NaN is not a number of seconds; skip_retry is used')],
  },
  'RetryAfter as a table': {
    ...waits('a.SkipSend = true a.RetryAfter = {}', '"the script gave no reason"', 60),
    logged: [warned('RetryAfter = a table is not a number of seconds; skip_retry is used')],
  },
  'SkipSend as a table': waits('a.SkipSend = {}', '"the script gave no reason"', 60),
  'ForceLastTry as a function': goes('a.ForceLastTry = print'),
  'Reason with line ends': waits(
    "a.SkipSend = true a.Reason = 'one\\r\\ntwo\\nthree\\rfour'",
    '"one two three four"',
    60,
  ),
  'Reason with NUL': waits("a.SkipSend = true a.Reason = 'one\\0two'", '"one two"', 60),
  'Reason of invalid UTF-8': waits("a.SkipSend = true a.Reason = '\\255\\192 end'", '"ÿÀ end"', 60),
  'Reason that forges lines and fields': waits(
    `a.SkipSend = true a.Reason = "${FORGED}"`,
    '"x\\\\" level=error sender=good event=forged \\[ERROR\\] \\[-\\] \\[relayout\\] script sender=good error=forged \\[2J"',
    60,
  ),
  'Reason as a table': waits('a.SkipSend = true a.Reason = a', '"the script gave no reason"', 60),
  'Reason as a number': waits('a.SkipSend = true a.Reason = 0/0', 'NaN', 60),
}

/** Takes a while, and is to go all the same. */
export const LARGE_RESULTS: HostileScripts = {
  'Actions filled with 10,000 fields': goes('for i = 1, 10000 do a[i] = i a["f" .. i] = a end'),
}
