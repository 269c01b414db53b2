/** Scripts whose file, Start or ServerConnected is hostile, and what they leave in the shared globals. */
import {
  failed,
  type Failure,
  type HostileScript,
  type HostileScripts,
  inCheckFile,
  LOOP,
  printed,
  sent,
  warned,
} from './hostile-script.js'

const MAIN = 'main chunk'
const BAD_PATTERN = "('a'):rep(40):find(('a*'):rep(40) .. 'b')"

/** The file has no callbacks then: the message goes as if the script were absent. */
function file(script: string | Buffer, failure: Omit<Failure, 'in'>): HostileScript {
  return { script, logged: [failed({ ...failure, in: MAIN }), sent()] }
}

/** `body` stands in line 2 of the function; CheckFile works, and is asked. */
function inFunction(name: string, body: string, failure: Omit<Failure, 'in'>): HostileScript {
  return {
    script: `function ${name}()\n${body}\nend\nfunction CheckFile(_, a) a.Priority = 64 return a end`,
    logged: [failed({ ...failure, in: name }), sent(64)],
  }
}

/** What Start leaves in a global. */
function leaves(assignment: string, ...warnings: readonly string[]): HostileScript {
  return {
    script: `function Start()\n${assignment}\nend`,
    logged: [...warnings.map(warned), sent()],
    never: ['^\\[ERROR\\]'],
  }
}

const SHARED = ['MaxMessagesPerConnection', 'MaxRecipientsPerConnection', 'MaxRecipientsPerMessage']
const KEPT: Readonly<Record<string, number>> = { MaxMessagesPerConnection: 100, MaxRecipientsPerMessage: 100 }

function limits(value: string, what?: string): HostileScript {
  const warnings = SHARED.map(
    (name) => `${name} is ${what}, not a number of 0 or more: ${KEPT[name] ?? 0} stays in force`,
  )
  return leaves(SHARED.map((name) => `${name} = ${value}`).join(' '), ...(what === undefined ? [] : warnings))
}

const MB = 1_000_000

export const BEGINNINGS: HostileScripts = {
  'a file that does not compile': file('\nfunction CheckFile( oh no', { kind: 'syntax', says: '.*expected near' }),
  'a file that is bytecode': file(Buffer.from('\x1bLua\x53\x00\x19\x93\r\n\x1a\n', 'latin1'), {
    kind: 'syntax',
    line: false,
    says: '.*binary chunk',
  }),
  'a file of random bytes': file(Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919 + 13) % 256)), {
    kind: 'syntax',
    says: '',
  }),
  'a file with an endless loop': file(`\n${LOOP}`, { kind: 'timeout' }),
  'a file with a loop inside a library function': file(`\nlocal _ = ${BAD_PATTERN}`, { kind: 'timeout' }),
  'a file with an error': file("\nerror('not today')", { kind: 'runtime', says: 'not today' }),
  'a file that overflows the stack': file('\nlocal function f() return 1 + f() end f()', {
    kind: 'runtime',
    says: 'stack overflow',
  }),
  'a file that yields': file('\ncoroutine.yield()', {
    kind: 'runtime',
    says: 'attempt to yield from outside a coroutine',
  }),
  'a file that is slow to compile': file(`\nif a then ${'elseif a then '.repeat(200_000)} end`, {
    kind: 'timeout',
    line: false,
  }),
  'a file that is nested too deep': file(`\nx = ${'('.repeat(100_000)}`, {
    kind: 'syntax',
    says: '.*(?:too many|overflow)',
  }),
  'a file that never closes a string of 2 MB': file(`\nx = [[${'s'.repeat(2 * MB)}`, {
    kind: 'syntax',
    says: 'unfinished long string',
  }),
  'a file of one line of 1 MB': {
    script: `function CheckFile(_, a) local s = '${'s'.repeat(MB)}' a.Priority = 65 return a end`,
    logged: [sent(65)],
    never: ['^\\[ERROR\\]'],
  },
  'a file of 4 million bytes': {
    script: `--[[${'c'.repeat(3.9 * MB)}]]\n${inCheckFile('a.Priority = 66')}`,
    logged: [sent(66)],
    never: ['^\\[ERROR\\]'],
  },
  'a file of 5 MB': {
    script: `--[[${'c'.repeat(5 * MB)}]]\n${inCheckFile('a.Priority = 66')}`,
    logged: [
      String.raw`\[ERROR\] \[\S+\] \[relayout\] script sender=NAME .* kind=syntax error="NAME\.lua has \d+ bytes; a script has at most 4194304`,
      sent(),
    ],
  },
  'a file of invalid UTF-8': {
    script: Buffer.from(`-- \xff\xfe\xc0\n${inCheckFile("print('\xff\xc0') a.Priority = 67")}`, 'latin1'),
    logged: [printed('ÿÀ'), sent(67)],
    never: ['^\\[ERROR\\]'],
  },
  'a file with NULs': file(Buffer.from('\nx = 1 \0 y = 2'), { kind: 'syntax', says: '' }),
  'a file that is a comment': { script: '--[[ nothing ]]', logged: [sent()], never: ['^\\[ERROR\\]'] },
  'a file that returns': { script: `do return print end ${LOOP}`, logged: [sent()], never: ['^\\[ERROR\\]'] },
  'a Start that never ends': inFunction('Start', LOOP, { kind: 'timeout' }),
  'a Start inside a library function': inFunction('Start', `local _ = ${BAD_PATTERN}`, { kind: 'timeout' }),
  'a Start that fails': inFunction('Start', "error('no start')", { kind: 'runtime', says: 'no start' }),
  'a Start that yields': inFunction('Start', 'coroutine.yield()', { kind: 'runtime', says: 'attempt to yield' }),
  'a ServerConnected that never ends': inFunction('ServerConnected', LOOP, { kind: 'timeout' }),
  'a ServerConnected inside a library function': inFunction('ServerConnected', `local _ = ${BAD_PATTERN}`, {
    kind: 'timeout',
  }),
  'a ServerConnected that fails': inFunction('ServerConnected', 'error({})', {
    kind: 'runtime',
    says: '\\(error object is a table value\\)',
  }),
  'Max… as nan': limits('0/0', 'NaN'),
  'Max… as -1': limits('-1', '-1'),
  'Max… as a word': limits("'x'", 'a string'),
  'Max… as a table': limits('{}', 'a table'),
  'Max… as a function': limits('print', 'a function'),
  'Max… as 1e308': limits('1e308'),
  'Max… as inf': limits('math.huge'),
  'Max… as nil': limits('nil'),
  'Max… as 0.5': limits('0.5'),
  'Max… as another number each time': {
    script: 'function ServerConnected() MaxMessagesPerConnection = -math.random() end',
    logged: [warned('MaxMessagesPerConnection is -0\\.\\d+, not a number of 0 or more: 100 stays in force'), sent()],
  },
  'UseBATV as a table': {
    script: inCheckFile('UseBATV = {}'),
    logged: [sent()],
    never: ['^\\[ERROR\\]'],
  },
  'VerifyCertificate as a function': leaves('VerifyCertificate = print'),
}
