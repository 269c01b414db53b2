/** Scripts that hand the mail server something huge: an error, a field of Actions, a line of the log. */
import {
  fault,
  harmless,
  type HostileScript,
  type HostileScripts,
  inCheckFile,
  printed,
  sent,
  skipped,
  warned,
} from './hostile-script.js'
import { handler } from './scripts-replies.js'
import { goes, notANumber, waits, wrongType } from './scripts-results.js'

const BIG = "('x'):rep(10000000)"
const NO_REASON = '"the script gave no reason"'
/** Each reply is replaced by one that is too long. */
function tooLong(reply: string): HostileScript {
  const failure = 'script sender=NAME function=ReturnCodeHandler file=NAME\\.lua kind=type'
  const says = 'error="NAME\\.lua: ReturnCodeHandler returned \\d+ bytes; a reply has at most 65536'
  return handler(`return ${reply}`, `\\[ERROR\\] .* ${failure} ${says}`)
}

const LONG_NAME = 'n'.repeat(200_000)

export const HUGE: HostileScripts = {
  'an error of 10 MB': fault("error(('e'):rep(10000000))", { kind: 'runtime', says: 'e{200,}' }),
  'an error of 10 MB of line ends': fault("error(('\\n'):rep(10000000))", { kind: 'runtime', says: '' }),
  'an error of 10 MB of short lines': fault("error(('\\nx'):rep(5000000))", { kind: 'runtime', says: ' x x x' }),
  'an error whose __name is 10 MB': fault("error(setmetatable({}, {__name = ('n'):rep(10000000)}))", {
    kind: 'runtime',
    says: '\\(error object is a table value\\)',
  }),
  'functions whose names are 200 kB in the traceback': fault(
    `local t = {} function t.${LONG_NAME}(n) if n == 0 then error('deep') end t.${LONG_NAME}(n - 1) end t.${LONG_NAME}(30)`,
    { kind: 'runtime', says: 'deep' },
  ),
  'a nil function whose name is 200 kB': fault(`a.${LONG_NAME}()`, {
    kind: 'runtime',
    says: "attempt to call a nil value \\(field 'n{200,}",
  }),
  'a string of 10 MB as result': wrongType(BIG, 'string'),
  'Priority as 10 MB of digits': goes("a.Priority = ('1'):rep(10000000)", 100),
  'Priority as 10 MB of blanks': goes("a.Priority = (' '):rep(10000000)", 50, notANumber('\\\\" +…?\\\\"')),
  'RetryAfter as 10 MB': {
    ...waits(`a.SkipSend = true a.RetryAfter = ${BIG}`, NO_REASON, 60),
    logged: [warned('RetryAfter = \\\\"x'), skipped(NO_REASON, 60)],
  },
  'SkipSend as 10 MB': waits(`a.SkipSend = ${BIG}`, NO_REASON, 60),
  'ForceLastTry as 10 MB': goes(`a.ForceLastTry = ${BIG}`),
  'Reason of 30 MB': waits("a.SkipSend = true a.Reason = ('r'):rep(30000000)", 'r{400,500}', 60),
  'Reason of 30 MB of line ends': waits("a.SkipSend = true a.Reason = ('\\n'):rep(30000000)", NO_REASON, 60),
  'Reason of 30 MB of 8-bit bytes': waits(
    "a.SkipSend = true a.Reason = ('\\195\\164'):rep(15000000)",
    'ä{200,250}',
    60,
  ),
  'all fields of Actions as 10 MB': {
    ...waits(
      `local s = ${BIG} for k in pairs(a) do a[k] = s end a.RetryAfter = s a.ForceLastTry = s`,
      'x{400,500}',
      60,
    ),
    logged: [warned('RetryAfter = \\\\"x'), skipped('x{400,500}', 60)],
  },
  '100,000 printed lines': {
    script: inCheckFile('for i = 1, 100000 do print("line", i) end'),
    logged: [printed('line\\S*1"'), printed('… 99\\d{3} more lines dropped'), sent()],
    never: ['line.*99999'],
  },
  '100,000 lines printed by the file': {
    script: "for _ = 1, 100000 do print('begun') end",
    logged: [printed('begun'), printed('… 99\\d{3} more lines dropped'), sent()],
  },
  'a printed line of 30 MB': harmless("print(('p'):rep(30000000))", 'p{1900,2000}…'),
  'a printed line of 30 MB of line ends': harmless("print(('\\n'):rep(30000000) .. 'end')", '(?:\\\\n){500}'),
  '1,000 strings of 30 MB in one printed line': harmless(
    "local s, t = ('p'):rep(30000000), {} for i = 1, 1000 do t[i] = s end print(table.unpack(t))",
    'p{1900,2000}…',
  ),
  'a printed value whose __name is 10 MB': harmless(
    "print(setmetatable({}, {__name = ('n'):rep(10000000)}))",
    'n{1900,2000}…',
  ),
  '10,000 values in one printed line': harmless('print(table.unpack({}, 1, 10000))', 'nil.*nil.*…'),
  'limits as 10 MB of digits': {
    script: "function Start()\nMaxMessagesPerConnection = ('9'):rep(10000000)\nend",
    logged: [sent()],
    never: ['^\\[ERROR\\]'],
  },
  'sendername overwritten by 10 MB': {
    script: inCheckFile(`for _ = 1, 1000 do sendername = ${BIG} end`),
    logged: [warned('NAME\\.lua:2: assignment to sendername is ignored: it is read only'), sent()],
    never: ['^\\[ERROR\\]'],
  },
  'replies of 30 MB': tooLong("('2'):rep(30000000)"),
  'replies of 30 MB of line ends': tooLong("'250 ok' .. ('\\r\\n'):rep(15000000)"),
}
