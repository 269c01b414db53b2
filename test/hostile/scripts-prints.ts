/** Scripts that try to fill, break or forge the log by print. */
import { FORGED } from './scripts-errors.js'
import { failed, fault, harmless, type HostileScripts, inCheckFile, printed, sent } from './hostile-script.js'

export const PRINTS: HostileScripts = {
  'printed line ends, quotes and control characters': harmless(
    `print("${FORGED}")`,
    'x\\\\" level=error sender=good event=forged\\\\r\\\\n',
  ),
  'printed NULs': harmless("print('one\\0two', '\\0')", 'one\\\\\\\\x00two'),
  'printed bytes that are no UTF-8': harmless("print('\\255\\192\\237\\160\\128')", 'ÿÀ'),
  'printed direction marks and line separators': harmless(
    "print('a\\226\\128\\174b\\226\\128\\168c\\194\\133d')",
    'a\\\\\\\\u\\{202e\\}b\\\\\\\\u\\{2028\\}c\\\\\\\\x85d',
  ),
  'a printed value whose __tostring fails': fault(
    "print(setmetatable({}, {__tostring = function() error('no text') end}))",
    {
      kind: 'runtime',
      says: 'no text',
    },
  ),
  'a printed value whose __tostring is a table': fault(
    'print(setmetatable({}, {__tostring = function() return {} end}))',
    { kind: 'runtime', says: "'__tostring' must return a string" },
  ),
  'everything that can be printed': harmless(
    'print(nil, true, 0/0, -math.huge, print, coroutine.create(print), {}, _G, 2^1023, -0.0)',
    'nil.*true.*nan.*-inf.*function.*thread.*table.*table',
  ),
  'prints before an error': {
    script: inCheckFile("print('before') error('after')"),
    logged: [printed('before'), failed({ kind: 'runtime', says: 'after' }), sent()],
  },
}
