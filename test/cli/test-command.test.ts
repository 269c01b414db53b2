import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import { type Called, relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'
import { type WrittenQueue, writeQueue } from './support/written-queue.js'

const SCRIPT = `
seen = 0
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData, HeaderLines, Retries, LastTryTime)
  seen = seen + 1
  local now = os.date("*t")
  if Size > 10000000 and now.hour >= 8 and now.hour < 19 then
    Actions.SkipSend = true
    Actions.Reason = "big message in office hours"
    Actions.RetryAfter = 15 * 60
  end
  local subject = HeaderData.Subject or ""
  if subject == "urgent" then Actions.Priority = 90 end
  if subject == "bulk" then Actions.Priority = 10 end
  if subject == "odd" then Actions.Priority = "high" end
  if subject == "boom" then error("oops") end
  if subject == "loop" then while true do end end
  if subject == "facts" then
    print(Size .. " " .. CreationTime .. " " .. Retries .. " " .. LastTryTime .. " " .. os.date("%Y%m%d%H%M%S"))
    print(ReturnPath .. " " .. table.concat(Recipients, ","))
    for _, line in ipairs(HeaderLines) do print((line:gsub("\\r\\n", "|"))) end
  end
  if subject == "count" then print("seen " .. seen) end
  return Actions
end

function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastLine:find("^450 4.*User unknown") then return (LastLine:gsub("^450 4", "550 5")) end
  if LastLine:find("boom") then error("no reply") end
end
`

interface Report {
  readonly passed: number
  readonly failed: number
  readonly leftOut: number
  readonly tests: readonly {
    readonly name: string
    readonly passed: boolean
    readonly misses: readonly { line: number; key: string; step?: string; expected: string; came: string }[]
    readonly heard: readonly { kind: string; text: string }[]
  }[]
}

const PASSING = `
script: relayout.lua
tests:
  - name: big mail waits in office hours
    at: 2026-11-23 10:00
    message: &big { from: ann@example.com, to: bob@example.net, size: 12MB }
    expect:
      skip: yes
      reason: big message in office hours
      retry: 15m
  - name: and goes in the evening
    at: 2026-11-23 19:00
    message: *big
    expect: { sender: default, priority: 50 }
  - name: the provider that means 550
    reply: { command: 'RCPT TO:<a@b.example>', reply: 450 4.1.1 User unknown }
    expect: { reply: 550 5.1.1 User unknown, outcome: applied }
`

const FAILING = `script: relayout.lua
tests:
  - name: big mail waits in office hours
    at: 2026-11-23 18:59
    message:
      from: ann@example.com
      to: [bob@example.net]
      size: 12MB
    expect:
      skip: true
      reason: big message in the office hours of everybody here
      retry: 1m
  - name: big mail goes in the evening
    at: 2026-11-23 18:59
    message: { from: '', to: bob@example.net, size: 12MB }
    expect:
      priority: 1
  - name: all is well
    message: { from: '', to: bob@example.net }
    expect: { skip: no }
  - name: urgent mail waits for usual mail
    messages:
      - { name: usual, from: '', to: bob@example.net }
      - { name: urgent, from: '', to: bob@example.net, header: { Subject: urgent } }
    expect:
      order: [usual, urgent]
  - name: an unknown user is asked about again
    reply:
      command: RCPT TO:<a@b.example>
      reply: 450 4.1.1 User unknown
    expect:
      reply: 450
      outcome: unchanged
  - name: a script that fails
    message: { from: '', to: bob@example.net, header: { Subject: boom } }
    expect: { priority: 50 }
  - name: a script that has no end
    message: { from: '', to: bob@example.net, header: { Subject: loop } }
    expect: { priority: 50 }
  - name: a script that fails at a reply
    reply: { command: ., reply: 250 boom }
    expect: { reply: 250 boom }
`

describe('relayout test', function () {
  this.timeout(60_000)
  let folder = ''
  const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text)
  const call = async (...args: string[]): Promise<Called> => relayout(['test', ...args], { cwd: folder })
  /** What the script prints of a message. */
  const printed = async (message: string, at = '2026-11-23 10:00'): Promise<string[]> => {
    write(
      'facts.yaml',
      `script: relayout.lua\ntests:\n  - name: facts\n    at: ${at}\n    message: ${message}\n    expect: {priority: 50}\n`,
    )
    const { tests } = await relayoutJson<Report>(['test', 'facts.yaml'], { cwd: folder })
    assert.deepEqual(tests[0]?.misses, [])
    return tests[0].heard.map(({ text }) => text)
  }

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-test-'))
    write('relayout.lua', SCRIPT)
    write('passing.yaml', PASSING)
    write('failing.yaml', FAILING)
  })

  after(() => fs.rmSync(folder, { recursive: true }))

  it('counts what passed, and ends with 0', async () => {
    const { code, out, err } = await call('passing.yaml')
    assert.deepEqual([code, err], [0, ''])
    assertGolden('test-passing', out)
  })

  it('names what failed, what was expected, what came and where, and ends with 1', async () => {
    const { code, out, err } = await call('failing.yaml')
    assert.deepEqual([code, err], [1, ''])
    assertGolden('test-failing', out)
  })

  it('has a JSON document for programs, as its schema says', async () => {
    const report = await relayoutJson<Report>(['test', 'failing.yaml', 'passing.yaml'], { cwd: folder })
    assertSchema('test', report)
    assert.deepEqual([report.passed, report.failed, report.leftOut], [4, 7, 0])
    assert.deepEqual(
      report.tests.map(({ misses }) => misses.map(({ line, key }) => `${line} ${key}`)),
      [
        ['11 reason', '12 retry'],
        ['17 priority'],
        [],
        ['26 order'],
        ['32 reply', '33 outcome'],
        ['35 script'],
        ['38 script'],
        ['41 script'],
        ...[[], [], []],
      ],
    )
  })

  it('runs those that are named by a part of their name, and says how many were left out', async () => {
    const { code, out } = await call('--only', 'OFFICE', 'passing.yaml', 'failing.yaml')
    assert.equal(code, 1)
    assert.match(out, /\n1 passed, 1 failed, 9 left out\n$/)
    assert.deepEqual(await call('--only', 'evening', 'passing.yaml'), {
      code: 0,
      out: '1 passed, 2 left out\n',
      err: '',
    })
    const none = await call('--only', 'morning', 'passing.yaml')
    assert.deepEqual([none.code, none.out], [2, ''])
    assert.match(none.err, /^relayout: no test has morning in its name: nothing was tested\. Look at --only; /)
  })

  it('takes the script and the settings of the command line before those of the file', async () => {
    write('other.lua', 'function CheckFile(_, a) a.SkipSend = 1 a.Reason = "other" return a end')
    const { code, out } = await call('--script', 'other.lua', '--only', 'office', 'passing.yaml')
    assert.equal(code, 1)
    assert.match(out, /other/)
    for (const name of ['one', 'two']) {
      fs.mkdirSync(path.join(folder, name))
      write(`${name}/relayout.ini`, `[sender.${name}]\n`)
      write(`${name}/relayout.lua`, '')
      const text = `settings: ${name}/relayout.ini\ntests:\n - {name: ${name}, message: {from: '', to: a@b.example}, expect: {sender: ${name}}}\n`
      write(`${name}.yaml`, text)
    }
    assert.equal((await call('one.yaml', 'two.yaml')).out, '2 passed\n')
    const { err } = await call('--config', 'two', 'one.yaml')
    assert.match(err, /^one\.yaml:3:\d+: there is no sender one; there is two\n/)
  })

  it('reads the file from standard input, names counting from the folder one is in', async () => {
    const { code, out, err } = await relayout(['test', '-'], { cwd: folder, stdin: PASSING })
    assert.deepEqual([code, out, err], [0, '3 passed\n', ''])
  })

  it('tells the script what the test says of a message', async () => {
    const header = 'header: {Subject: facts, X-Folded: "one\\ntwo", Received: [a, b], from: \'Ann <x@y.example>\'}'
    assert.deepEqual(
      await printed(
        `{from: ann@example.com, to: [bob@example.net, carl@example.net], size: 9000000000, queued: 2026-11-22 09:00, retries: 2, tried: 2026-11-23 08:30, ${header}}`,
        '2026-11-23 20:00:07',
      ),
      [
        '9000000000 20261122090000 2 20261123083000 20261123200007',
        'ann@example.com bob@example.net,carl@example.net',
        'To: bob@example.net, carl@example.net',
        'Date: Sun, 22 Nov 2026 09:00:00 +0000',
        'Subject: facts',
        'X-Folded: one| two',
        'Received: a',
        'Received: b',
        'from: Ann <x@y.example>',
      ],
    )
  })

  it('works out when a message came and was tried by Haraka’s intervals, and how big it is', async () => {
    const [facts] = await printed("{from: '', to: b@example.net, body: Hello, retries: 3, header: {Subject: facts}}")
    // 64, 128 and 256 s.
    assert.equal(facts, '104 20261123095232 3 20261123095544 20261123100000')
  })

  it('has a session for each test, and one for the messages of one test', async () => {
    const message = "from: '', to: b@example.net, header: {Subject: count}"
    write(
      'sessions.yaml',
      `script: relayout.lua
tests:
  - {name: first, message: {${message}}, expect: {print: seen 1}}
  - {name: second, message: {${message}}, expect: {print: seen 1}}
  - name: third
    messages:
      - {${message}, at: 10:00, expect: {print: seen 1}}
      - {${message}, at: 11:00, expect: {print: seen 2}}
`,
    )
    assert.deepEqual(await call('sessions.yaml'), { code: 0, out: '3 passed\n', err: '' })
  })

  it('says what scripts are warned about, once, also when all tests pass', async () => {
    const message = "message: {from: '', to: b@example.net, header: {Subject: odd}}, expect: {priority: 50}"
    write('odd.yaml', `script: relayout.lua\ntests:\n - {name: a, ${message}}\n - {name: b, ${message}}\n`)
    const { code, out } = await call('odd.yaml')
    assert.equal(code, 0)
    assert.match(out, /^warning default: Priority = "high" is not a number from 1 to 100; 50 is used\n2 passed\n$/)
  })

  describe('with messages that are files', () => {
    let queue: WrittenQueue

    before(async () => {
      queue = await writeQueue({
        script: SCRIPT,
        messages: [{ from: 'ann@example.com', to: ['bob@example.net'], data: plainMessage('urgent') }],
      })
      fs.writeFileSync(path.join(queue.folder, 'letter.eml'), plainMessage('bulk'))
    })

    after(() => queue.remove())

    it('takes those that Haraka wrote and those of mail programs, with what the test changes', async () => {
      const [file = ''] = queue.settledFiles()
      fs.writeFileSync(
        path.join(queue.folder, 'files.yaml'),
        `tests:
  - {name: queue file, message: {file: ${file}}, expect: {priority: 90}}
  - name: bigger
    at: 2026-11-23 10:00
    message: {file: ${file}, size: 12MB}
    expect: {skip: yes}
  - {name: letter, message: {file: letter.eml, to: someone@example.org}, expect: {priority: 10}}
`,
      )
      const { code, out, err } = await relayout(['test', 'files.yaml'], { cwd: queue.folder })
      assert.deepEqual([code, out, err], [0, '3 passed\n', ''])
    })

    it('says where it is named that a file cannot be taken', async () => {
      fs.writeFileSync(path.join(queue.folder, 'bare.eml'), 'Subject: x\n\n')
      fs.writeFileSync(path.join(queue.folder, 'two.eml'), 'From: a@b.example\nTo: x@y.example, z@q.example\n\n')
      for (const [file, said] of [
        ['none.eml', 'none.eml cannot be read: there is no such file. Check its name, and who may read it'],
        ['bare.eml', 'bare.eml does not say whom it is from. Say it with from'],
        [
          'two.eml',
          'two.eml does not say which of its domains is meant, of which each is a message of its own (y.example, q.example). Say it with to',
        ],
      ] as const) {
        const stdin = `tests:\n - name: x\n   message: {file: ${file}}\n   expect: {skip: no}\n`
        const { code, out, err } = await relayout(['test', '-'], { cwd: queue.folder, stdin })
        assert.deepEqual([code, out], [2, ''])
        assert.equal(err.split('\n')[0], `standard input:3:20: ${said}`)
      }
    })
  })
})
