/**
 * Scripts whose ReturnCodeHandler is hostile. It is called for every reply, so a failure comes with each of them; the
 * replies stay as they are.
 */
import {
  failed,
  type Failure,
  type HostileScript,
  type HostileScripts,
  LOOP,
  rewritten,
  sent,
} from './hostile-script.js'

export function handler(body: string, ...logged: readonly string[]): HostileScript {
  return { script: `function ReturnCodeHandler(command, full, last)\n${body}\nend`, logged: [...logged, sent()] }
}

function failing(body: string, failure: Omit<Failure, 'in'>): HostileScript {
  return handler(body, failed({ ...failure, in: 'ReturnCodeHandler' }))
}

/** What is returned is no reply: the real one stands, and the log says why. */
function refused(expression: string, why: string): HostileScript {
  return handler(`return ${expression}`, rewritten('ERROR', `.*${why}`))
}

/** Anything but a non-empty string leaves the reply as it is. */
function ignored(expression: string): HostileScript {
  return { ...handler(`return ${expression}`), never: ['^\\[ERROR\\]', ' rewrite '] }
}

const NO_CODE = 'does not start with a code from 200 to 599'

export const REPLIES: HostileScripts = {
  'a handler that never ends': failing(LOOP, { kind: 'timeout' }),
  'a handler inside a library function': failing("local _ = ('a'):rep(40):find(('a*'):rep(40) .. 'b')", {
    kind: 'timeout',
  }),
  'a handler that fails': failing("error('no reply')", { kind: 'runtime', says: 'no reply' }),
  'a handler that fails with another error each time': failing("error('no ' .. command)", {
    kind: 'runtime',
    says: 'no ',
  }),
  'a handler that overflows the stack': failing('local function f() return 1 + f() end f()', {
    kind: 'runtime',
    says: 'stack overflow',
  }),
  'a handler that yields': failing('coroutine.yield()', { kind: 'runtime', says: 'attempt to yield' }),
  'a handler that returns 101 lines': refused("('250-x\\r\\n'):rep(100) .. '250 x'", 'a reply may have 100 lines'),
  'a handler that returns code 199': refused("'199 no'", NO_CODE),
  'a handler that returns code 600': refused("'600 no'", NO_CODE),
  'a handler that returns code 2500': refused("'2500 no'", NO_CODE),
  'a handler that returns no code': refused("'ok'", NO_CODE),
  'a handler that returns a blank': refused("' '", NO_CODE),
  'a handler that returns line ends': refused("'\\r\\n\\r\\n'", NO_CODE),
  'a handler that returns NUL': refused("'\\0'", NO_CODE),
  'a handler that returns a table': ignored('{}'),
  'a handler that returns a table with __tostring': ignored(`setmetatable({}, {__tostring = function() ${LOOP} end})`),
  'a handler that returns a number': ignored('550'),
  'a handler that returns a function': ignored('print'),
  'a handler that returns a coroutine': ignored('coroutine.create(print)'),
  'a handler that returns true': ignored('true'),
  'a handler that returns an empty string': ignored("''"),
  'a handler that injects a command': {
    ...handler(
      "return last:sub(1, 3) .. ' ok\\r\\nMAIL FROM:<x>'",
      rewritten('NOTICE', '.*new="\\d{3} ok / MAIL FROM:<x>"'),
    ),
  },
  'a handler that injects control characters': handler(
    "return last:sub(1, 3) .. ' ok \\0\\27[2J\\226\\128\\174 new=forged sender=good'",
    rewritten('NOTICE', '.*new="\\d{3} ok  +\\[2J'),
  ),
  'a handler that injects another code': handler(
    "return last:sub(1, 3) .. '-ok\\r\\n550 no\\r\\n421 close'",
    rewritten('NOTICE', '.*550 no'),
  ),
  'a handler that returns only a code': handler('return last:sub(1, 3)', rewritten('NOTICE', '')),
  'a handler that says 250 to everything': handler("return '250 ok'", rewritten('\\w+', '.*')),
  'a handler that says 354 to everything': handler(
    "return '354 go'",
    rewritten('\\w+', '.*answer to DATA and AUTH only'),
  ),
  'a handler that says 220 to everything': handler("return '220 go'", rewritten('\\w+', '.*')),
}
