import assert from 'node:assert/strict'
import type { ScriptSession } from '../../lib/script/port.js'
import { createScriptPort } from '../../lib/script/thread-port.js'
import { failureOf, FACTS, GLOBALS, source, usePort } from './fixture.js'

const LOOP = 'while true do end'
/** Ways to loop that try to keep the limits from ending them. */
const RUNAWAYS: Record<string, string> = {
  'a plain loop': LOOP,
  'a loop inside pcall': `pcall(function() ${LOOP} end)`,
  'a loop around pcall': `while true do pcall(function() ${LOOP} end) end`,
  'a loop in an error handler': `xpcall(error, function() ${LOOP} end)`,
  'a loop in a coroutine': `coroutine.wrap(function() ${LOOP} end)()`,
  'a loop in nested coroutines': `
    local function nest(n)
      if n == 0 then ${LOOP} end
      while true do pcall(coroutine.resume, coroutine.create(nest), n - 1) end
    end
    nest(5)`,
  'a coroutine made before': `early()`,
  'a loop in a metamethod': `local t = setmetatable({}, {__index = function() ${LOOP} end}) local _ = t.x`,
  'a loop in a sort': `table.sort({3, 2, 1}, function() ${LOOP} end)`,
  'a loop in __tostring of an error': `error(setmetatable({}, {__tostring = function() ${LOOP} end}))`,
  'a reader of load that never ends': `load(function() return ' ' end)`,
  'a recursion through pcall': `local function f() while true do pcall(f) end end f()`,
  goto: `::again:: goto again`,
  'a string that doubles inside pcall': `local s = 'x' while true do pcall(function() s = s .. s end) end`,
  'string work': `local s = '' while true do s = ('x'):rep(100):upper() end`,
}
/** Loops inside one library function: only ending the thread helps. */
const NATIVE_RUNAWAYS: Record<string, string> = {
  'a bad pattern': `local _ = (('a'):rep(40)):find(('a*'):rep(40) .. 'b')`,
  'a table function over a huge range': `table.move({}, 1, 2e9, 2)`,
}

describe('a script that does not end', () => {
  const { open, port } = usePort({ timeoutMs: 200 })

  async function witness(session: ScriptSession): Promise<void> {
    assert.equal((await session.checkFile(FACTS)).actions.Priority, 42)
  }
  const WELL = `function CheckFile(_, a) a.Priority = 42 return a end`

  for (const [what, loop] of Object.entries({ ...RUNAWAYS, ...NATIVE_RUNAWAYS })) {
    it(`fails with a timeout and lets other sessions go on: ${what}`, async () => {
      const other = open(WELL).session
      const { session } = open(`early = coroutine.wrap(function() ${LOOP} end)
        function CheckFile(_, a, size)
          if size == 1 then ${loop} end
          return a
        end`)
      await witness(other)
      const [failure] = await Promise.all([
        failureOf(session.checkFile({ ...FACTS, size: 1 })),
        witness(other),
        witness(other),
      ])
      assert.equal(failure.kind, 'timeout')
      assert.equal(failure.function, 'CheckFile')
      assert.match(failure.message, /^relayout\.lua(:\d+)?: still running after 200 ms$/)
      assert.equal((await session.checkFile(FACTS)).returned, true)
      session.close()
      other.close()
    })
  }

  it('names the line also when only ending the thread has helped', async () => {
    const { session } = open(`function CheckFile()\n${NATIVE_RUNAWAYS['a bad pattern']!}\nend`)
    const failure = await failureOf(session.checkFile(FACTS))
    session.close()
    assert.equal(failure.message, 'relayout.lua:2: still running after 200 ms')
  })

  it('fails alone when it is ReturnCodeHandler or ServerConnected', async () => {
    const { session } = open(`function ReturnCodeHandler() ${LOOP} end function ServerConnected() ${LOOP} end
      ${WELL}`)
    const [reply, connected] = await Promise.all([
      failureOf(session.returnCode('MAIL', '250 ok', '250 ok', 'smtp.example.net')),
      failureOf(session.serverConnected('relay.example')),
      witness(session),
    ])
    assert.deepEqual([reply.kind, reply.function], ['timeout', 'ReturnCodeHandler'])
    assert.deepEqual([connected.kind, connected.function], ['timeout', 'ServerConnected'])
    session.close()
  })

  for (const [how, loop] of [
    ['by itself', LOOP],
    ['inside a library function', NATIVE_RUNAWAYS['a bad pattern']!],
  ] as const) {
    it(`leaves Start out after it ran too long ${how}`, async () => {
      const { session, printed } = open(`print('file') function Start() print('start') ${loop} end ${WELL}`)
      const calls = [witness(session), witness(session)]
      const { start, topLevel, globals } = await session.started
      assert.equal(topLevel, undefined)
      assert.deepEqual([start?.kind, start?.function], ['timeout', 'Start'])
      assert.equal(globals.maxMessagesPerConnection, 100)
      await Promise.all(calls)
      assert.equal(session.has('CheckFile'), true)
      assert.equal(printed.filter((line) => line === 'start').length <= 1, true)
      session.close()
    })

    it(`has no callbacks when its top level ran too long ${how}`, async () => {
      const { session } = open(`${WELL} ${loop}`)
      const call = failureOf(session.checkFile(FACTS))
      const { topLevel } = await session.started
      assert.deepEqual([topLevel?.kind, topLevel?.function], ['timeout', 'main chunk'])
      assert.equal((await call).kind, 'timeout')
      assert.equal((await failureOf(session.checkFile(FACTS))).kind, 'timeout')
      assert.equal(session.has('CheckFile'), false)
      session.close()
      assert.equal((await port().check(source(loop), GLOBALS))?.kind, 'timeout')
    })
  }

  it('answers the calls behind many runaways', async () => {
    const other = open(WELL).session
    const { session } = open(`function CheckFile(_, a) ${NATIVE_RUNAWAYS['a bad pattern']} end`)
    const kinds = Array.from({ length: 3 }, async () => (await failureOf(session.checkFile(FACTS))).kind)
    await Promise.all([...kinds.map(async (kind) => assert.equal(await kind, 'timeout')), witness(other)])
    session.close()
    other.close()
  })
})

describe('a script that is ended by its own thread', () => {
  // A tenth of it is for the thread to do so, which may have to wait for a processor.
  const { open } = usePort({ timeoutMs: 3000 })

  it('names the line and the traceback', async () => {
    const { session } = open(`function spin()
        local n = 0
        while true do n = n + 1 end
      end
      function CheckFile() spin() end`)
    const failure = await failureOf(session.checkFile(FACTS))
    session.close()
    assert.equal(failure.message, 'relayout.lua:3: still running after 3 s')
    assert.equal(failure.line, 3)
    assert.match(failure.traceback, /relayout\.lua:5: in function/)
  })
})

describe('a script that takes too much memory', () => {
  const { open } = usePort({ timeoutMs: 10_000, memoryMb: 32 })

  for (const [what, flood] of Object.entries({
    'a table without end': `local t = {} while true do t[#t + 1] = {} end`,
    'strings in a table': `local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end`,
    'a string that doubles': `local s = 'x' while true do s = s .. s end`,
  })) {
    it(`fails alone: ${what}`, async () => {
      const other = open(`function CheckFile(_, a) return a end`).session
      const { session } = open(`function CheckFile() ${flood} end`)
      const [failure] = await Promise.all([failureOf(session.checkFile(FACTS)), other.checkFile(FACTS)])
      assert.equal(failure.kind, 'memory')
      assert.equal(failure.function, 'CheckFile')
      await other.checkFile(FACTS)
      session.close()
      other.close()
    })
  }

  it('gets an error it can handle from one string that is too long', async () => {
    const { session } = open(`function CheckFile(_, a) a.SkipSend, a.Reason = pcall(string.rep, 'x', 1e9) return a end`)
    const { actions } = await session.checkFile(FACTS)
    assert.deepEqual([actions.SkipSend, actions.Reason], [false, 'relayout.lua:1: resulting string too large'])
    session.close()
  })
})

describe('a script that fails', () => {
  const { open } = usePort()

  async function failure(body: string): Promise<ReturnType<typeof failureOf> extends Promise<infer F> ? F : never> {
    const { session } = open(`function CheckFile(_, a) ${body} end`)
    const failed = await failureOf(session.checkFile(FACTS))
    session.close()
    return failed
  }

  it('names line, function and traceback of a runtime error', async () => {
    const { session } = open(`local function inner(x)\n  return x.y.z\nend\nfunction CheckFile() inner({}) end`)
    const failed = await failureOf(session.checkFile(FACTS))
    session.close()
    assert.equal(failed.kind, 'runtime')
    assert.equal(failed.line, 2)
    assert.match(failed.message, /^relayout\.lua:2: attempt to index a nil value \(field 'y'\)$/)
    assert.match(failed.traceback, /^stack traceback:\n\trelayout\.lua:2: in .*\n\trelayout\.lua:4: in function/)
  })

  for (const [body, message] of [
    [`error({})`, 'relayout.lua:1: (error object is a table value)'],
    [`error()`, 'relayout.lua:1: (error object is nil)'],
    [`error(42)`, 'relayout.lua:1: 42'],
    [`error(print)`, 'relayout.lua:1: (error object is a function value)'],
    [`error('no place', 0)`, 'relayout.lua:1: no place'],
    [`error(setmetatable({}, {__tostring = function() return 'by itself' end}))`, 'relayout.lua:1: by itself'],
    [`error(setmetatable({}, {__tostring = error}))`, 'relayout.lua:1: (error object is a table value)'],
    [
      `error(setmetatable({}, {__tostring = function() return {} end}))`,
      'relayout.lua:1: (error object is a table value)',
    ],
    [`error('two\\nlines')`, 'relayout.lua:1: two lines'],
    [`local function f() return f() + 1 end f()`, 'relayout.lua:1: stack overflow'],
    [`error('8-bit \\255')`, 'relayout.lua:1: 8-bit \xff'],
    [`('x'):bad()`, "relayout.lua:1: attempt to call a nil value (method 'bad')"],
    [`string.format('%d', 'x')`, "relayout.lua:1: bad argument #2 to 'format' (number expected, got string)"],
  ] as const) {
    it(`has one line for ${body}`, async () => {
      const failed = await failure(body)
      assert.equal(failed.message, message)
      assert.equal(failed.kind, 'runtime')
      assert.equal(failed.line, 1)
    })
  }

  it('goes on with its state after an error', async () => {
    const { session } = open(`n = 0 function CheckFile(_, a) n = n + 1 if n == 1 then error('once') end
      a.Priority = n return a end`)
    await failureOf(session.checkFile(FACTS))
    assert.equal((await session.checkFile(FACTS)).actions.Priority, 2)
    session.close()
  })
})

describe('a script that is very long', () => {
  const { open, port } = usePort()
  const comment = (bytes: number): string => `--[[${'x'.repeat(bytes)}]] function CheckFile(_, a) return a end`

  it('runs up to a size', async () => {
    const { session } = open(comment(4_000_000))
    assert.equal((await session.checkFile(FACTS)).returned, true)
    session.close()
  })

  it('is refused beyond it', async () => {
    const message = 'relayout.lua has 5000044 bytes; a script has at most 4194304'
    const { session } = open(comment(5_000_000))
    assert.equal((await session.started).topLevel?.message, message)
    assert.equal((await failureOf(session.checkFile(FACTS))).message, message)
    session.close()
    assert.equal((await port().check(source(comment(5_000_000)), GLOBALS))?.message, message)
  })
})

describe('a check of a script that prints and warns', () => {
  const { open, port } = usePort()

  it('is answered, and prints nothing', async () => {
    const talk = `print('one') senderid = 7 print('two')`
    const [good, bad] = await Promise.all([
      port().check(source(talk), GLOBALS),
      port().check(source(`${talk} error('three')`), GLOBALS),
    ])
    assert.equal(good, undefined)
    assert.equal(bad?.message, 'relayout.lua:1: three')
    const { session, printed } = open(`${talk} function CheckFile(_, a) return a end`)
    assert.equal((await session.checkFile(FACTS)).returned, true)
    session.close()
    assert.deepEqual(printed, ['one', 'two'])
  })
})

describe('a script engine that cannot start', () => {
  it('rejects calls as unavailable, and says so once for each pause', async function () {
    // From Node 22 on a heap this small ends the process. The settings do not allow it: script_memory is 16 MB at least.
    if (Number(process.versions.node.split('.')[0]) >= 22) this.skip()
    const remarks: string[] = []
    // Less memory than a thread needs for itself.
    const port = createScriptPort({ timeoutMs: 1000, memoryMb: -42 }, (message) => void remarks.push(message))
    const events = { print: () => undefined, warning: () => undefined }
    const session = port.open(source('function CheckFile(_, a) return a end'), GLOBALS, events)
    const failures = [
      failureOf(session.checkFile(FACTS)),
      failureOf(session.returnCode('', '220', '220', 'smtp.example.net')),
    ]
    assert.equal((await session.started).topLevel?.kind, 'unavailable')
    for (const failure of failures) assert.equal((await failure).kind, 'unavailable')
    assert.equal((await failureOf(session.checkFile(FACTS))).kind, 'unavailable')
    assert.equal(remarks.length, 1)
    assert.match(remarks[0]!, /^the script engine does not start \(.*\); next try in 200 ms$/)
    await port.close()
  })
})
