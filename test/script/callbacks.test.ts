import assert from 'node:assert/strict'
import { failureOf, FACTS, GLOBALS, source, usePort } from './fixture.js'

describe('a session', () => {
  const { open, port, prints } = usePort()

  it('runs the file, then Start, before any call', async () => {
    const { session, printed } = open(`print('file') function Start() print('start') end
      function CheckFile(_, a) print('check') return a end`)
    await session.checkFile(FACTS)
    session.close()
    assert.deepEqual(printed, ['file', 'start', 'check'])
  })

  it('works without any function at all', async () => {
    const { session } = open('')
    assert.deepEqual(await session.started, {
      globals: {
        verifyCertificate: true,
        maxMessagesPerConnection: 100,
        maxRecipientsPerConnection: 0,
        maxRecipientsPerMessage: 100,
      },
      useBatv: false,
    })
    assert.equal(session.has('CheckFile'), false)
    assert.equal(session.has('ReturnCodeHandler'), false)
    session.close()
  })

  it('answers as if nothing had been said where the function is absent', async () => {
    const { session } = open('')
    const { actions, returned } = await session.checkFile(FACTS)
    assert.deepEqual([returned, actions.SkipSend, actions.Priority], [true, false, 50])
    assert.equal(await session.returnCode('MAIL', '250', '250', 'smtp.example.net'), undefined)
    assert.equal((await session.serverConnected('x')).maxMessagesPerConnection, 100)
    session.close()
  })

  it('knows each callback as soon as it is defined, and when it is gone', async () => {
    const { session } = open(`function Start() ModifyReturnPath = print end
      function CheckFile(_, a) ReturnCodeHandler, ServerConnected = print, 'no function' return a end`)
    assert.equal(session.has('ReturnCodeHandler'), true)
    await session.started
    assert.deepEqual(
      (['CheckFile', 'ModifyReturnPath', 'ReturnCodeHandler'] as const).map((name) => session.has(name)),
      [true, true, false],
    )
    await session.checkFile(FACTS)
    assert.equal(session.has('ReturnCodeHandler'), true)
    assert.equal(session.has('ServerConnected'), false)
    session.close()
  })

  it('keeps its variables from call to call, and from other sessions', async () => {
    const script = `count = (count or 0) function CheckFile(_, a) count = count + 1 a.Priority = count return a end
      string.marked = string.marked and 'leaked' or 'mine' print(string.marked)`
    const [one, two] = [open(script), open(script)]
    const seen = []
    for (const { session } of [one, one, two, one]) seen.push((await session.checkFile(FACTS)).actions.Priority)
    assert.deepEqual(seen, [1, 2, 1, 3])
    assert.deepEqual([one.printed, two.printed], [['mine'], ['mine']])
    one.session.close()
    two.session.close()
  })

  it('skips a byte order mark and a first line for the shell', async () => {
    assert.deepEqual(await prints('\xef\xbb\xbfprint(1)'), ['1'])
    assert.match((await prints('\xef\xbb\xbf#!/usr/bin/lua\nerror("here")')).join(), /relayout\.lua:2: here/)
  })

  it('reads limits back after Start and after ServerConnected', async () => {
    const { session, printed, warnings } = open(`
      function Start() MaxMessagesPerConnection, MaxRecipientsPerConnection, VerifyCertificate = '7.9', nil, 0 end
      function ServerConnected()
        print(ConnectedServer)
        MaxMessagesPerConnection, MaxRecipientsPerMessage = {}, -1
        MaxRecipientsPerConnection = 1 / 0
      end`)
    assert.deepEqual((await session.started).globals, {
      verifyCertificate: false,
      maxMessagesPerConnection: 7,
      maxRecipientsPerConnection: 0,
      maxRecipientsPerMessage: 100,
    })
    const globals = await session.serverConnected('relay.example.com')
    session.close()
    assert.deepEqual(printed, ['relay.example.com'])
    assert.equal(globals.maxMessagesPerConnection, 7)
    assert.equal(globals.maxRecipientsPerConnection, 0)
    assert.equal(globals.maxRecipientsPerMessage, 100)
    assert.deepEqual(warnings, [
      'MaxMessagesPerConnection is a table, not a number of 0 or more: 7 stays in force',
      'MaxRecipientsPerMessage is -1, not a number of 0 or more: 100 stays in force',
    ])
  })

  it('refuses a reply that is longer than any server has', async () => {
    const { session } = open(`function ReturnCodeHandler(_, full) return '550 ' .. ('x'):rep(tonumber(full)) end`)
    const answer = async (bytes: number): Promise<string | undefined> =>
      session.returnCode('MAIL', String(bytes), '', 'smtp.example.net')
    assert.equal((await answer(65_532))?.length, 65_536)
    const failure = await failureOf(answer(65_533))
    session.close()
    assert.equal(failure.message, 'relayout.lua: ReturnCodeHandler returned 65537 bytes; a reply has at most 65536')
    assert.equal(failure.kind, 'type')
  })

  it('says of a limit once that it is no number, whatever it is each time', async () => {
    const { session, warnings } = open(`n = 0
      function ServerConnected() n = n - 1 MaxMessagesPerConnection = n end`)
    for (let i = 0; i < 5; i++) await session.serverConnected('relay.example.com')
    session.close()
    assert.equal(warnings.length, 1)
  })

  it('takes a limit between 0 and 1 for 1: it must not become no limit', async () => {
    const { session } = open('function Start() MaxMessagesPerConnection, MaxRecipientsPerMessage = 0.5, 1.9 end')
    const { globals } = await session.started
    session.close()
    assert.deepEqual([globals.maxMessagesPerConnection, globals.maxRecipientsPerMessage], [1, 1])
  })

  it('sets ConnectedServer also where there is no ServerConnected', async () => {
    const { session } = open(`function CheckFile(_, a) a.Reason = ConnectedServer return a end`)
    assert.equal((await session.checkFile(FACTS)).actions.Reason, '')
    await session.serverConnected('one.example')
    assert.equal((await session.checkFile(FACTS)).actions.Reason, 'one.example')
    session.close()
  })

  it('takes a non-empty string from ReturnCodeHandler and nothing else', async () => {
    const { session } = open(`local replies = {['a'] = '550 no', b = '', c = 550, d = true, e = {}}
      function ReturnCodeHandler(command, full, last) return replies[command] end`)
    const answers = []
    for (const command of ['a', 'b', 'c', 'd', 'e', 'f'])
      answers.push(await session.returnCode(command, '450', '450', 'smtp.example.net'))
    session.close()
    assert.deepEqual(answers, ['550 no', undefined, undefined, undefined, undefined, undefined])
  })

  it('gives ReturnCodeHandler the command, the whole reply and its last line', async () => {
    const { session } = open(`function ReturnCodeHandler(...) return table.concat({...}, '|') end`)
    const answer = await session.returnCode(
      'RCPT TO:<a@b>',
      '450-4.2.1 wait\r\n450 \xe9',
      '450 \xe9',
      'smtp.example.net',
    )
    session.close()
    assert.equal(answer, 'RCPT TO:<a@b>|450-4.2.1 wait\r\n450 \xe9|450 \xe9')
  })

  it('is done with the calls already made when it is closed', async () => {
    const { session } = open(`function CheckFile(_, a) return a end`)
    const calls = [session.checkFile(FACTS), session.checkFile(FACTS)]
    session.close()
    session.close()
    assert.equal((await Promise.all(calls)).length, 2)
  })

  it('answers many calls of many sessions in order', async () => {
    const sessions = Array.from({ length: 5 }, (_, at) =>
      open(`local n = 0 function CheckFile(_, a) n = n + 1 a.Reason = senderid .. ':' .. n return a end`, {
        senderId: at,
      }),
    )
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => sessions[at % 5]!.session.checkFile(FACTS)),
    )
    assert.deepEqual(
      answers.map(({ actions }) => actions.Reason),
      Array.from({ length: 100 }, (_, at) => `${at % 5}:${Math.floor(at / 5) + 1}`),
    )
    for (const { session } of sessions) session.close()
  })

  describe('check', () => {
    it('finds nothing wrong with a good file, and does not call Start', async () => {
      assert.equal(await port().check(source(`function Start() error('no') end`), GLOBALS), undefined)
    })

    it('names the line of a syntax error', async () => {
      const failure = await port().check(source('x = 1\ny = = 2'), GLOBALS)
      assert.deepEqual(failure, {
        kind: 'syntax',
        message: "relayout.lua:2: unexpected symbol near '='",
        file: 'relayout.lua',
        line: 2,
        function: 'main chunk',
        traceback: '',
      })
    })

    it('finds a top level that fails', async () => {
      const failure = await port().check(source('local t = nil\nt.x = 1'), GLOBALS)
      assert.equal(failure?.kind, 'runtime')
      assert.match(failure.message, /^relayout\.lua:2: attempt to index a nil value \(local 't'\)/)
      assert.match(failure.traceback, /main chunk/)
    })
  })

  it('reports a failing top level and has no callbacks then', async () => {
    const { session } = open(`function CheckFile() end error('broken')`)
    const { topLevel, start } = await session.started
    assert.equal(topLevel?.message, 'relayout.lua:1: broken')
    assert.equal(start, undefined)
    assert.equal(session.has('CheckFile'), false)
    session.close()
  })

  it('goes on after a failing Start, with the first values', async () => {
    const { session } = open(`function Start() MaxMessagesPerConnection = 1 error('oops') end
      function CheckFile(_, a) return a end`)
    const { start, globals } = await session.started
    assert.equal(start?.message, 'relayout.lua:1: oops')
    assert.equal(start.function, 'Start')
    assert.equal(globals.maxMessagesPerConnection, 100)
    assert.equal((await session.checkFile(FACTS)).returned, true)
    session.close()
  })

  it('refuses calls when the port is closed', async () => {
    const { createScriptPort } = await import('../../lib/script/thread-port.js')
    const other = createScriptPort({ timeoutMs: 1000, memoryMb: 64 })
    const session = other.open(source('function CheckFile() end'), GLOBALS, {
      print: () => undefined,
      warning: () => undefined,
    })
    const early = failureOf(session.checkFile(FACTS))
    await other.close()
    assert.equal((await early).kind, 'unavailable')
    assert.equal((await failureOf(session.checkFile(FACTS))).kind, 'unavailable')
    assert.equal((await session.started).topLevel?.kind, 'unavailable')
  })
})
