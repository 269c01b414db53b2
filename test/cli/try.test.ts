import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'
import { type WrittenQueue, writeQueue } from './support/written-queue.js'

const INI = `
[sender.bulk]
filter[] = From: *@news.example.com

[sender.day]

[sender.main]
`

const SCRIPT = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData)
  if sendername == "day" and tonumber(os.date("%H")) >= 18 then
    Actions.SkipSend = true
    Actions.Reason = "the office is closed, and mail of this kind waits for the morning"
    Actions.RetryAfter = 5400
  end
  if HeaderData.Subject == "urgent" then Actions.Priority = 99 end
  return Actions
end
`

const message = (from: string, to: string[], subject: string, body?: string) => ({
  from,
  to,
  data: plainMessage(subject, [], body),
})

interface Report {
  readonly messages: readonly { outcome: string; sender?: string; from: string; to: string[]; size: number }[]
  readonly order: readonly { position: number; message: number; priority: number; sender: string }[]
  readonly heard: readonly { kind: string; text: string }[]
}

describe('relayout try', function () {
  this.timeout(60_000)
  let queue: WrittenQueue
  const call = (...args: string[]) => relayout(['try', ...args], { cwd: queue.folder })

  before(async () => {
    queue = await writeQueue({
      ini: INI,
      script: SCRIPT,
      messages: [
        message('ann@example.com', ['bob@example.net'], 'hello'),
        message('ann@example.com', ['bob@example.net', 'carl@example.net'], 'urgent'),
        message('letters@news.example.com', ['dora@example.org'], 'news', 'News.\r\n'.repeat(300)),
      ],
    })
    fs.writeFileSync(path.join(queue.folder, 'letter.eml'), plainMessage('urgent').replaceAll('\r\n', '\n'))
  })

  after(() => queue.remove())

  it('shows what each sender says of queue files that Haraka wrote, and their order', async () => {
    const { code, out, err } = await call('--at', '2026-11-23T20:00', ...queue.settledFiles())
    assert.deepEqual([code, err], [0, ''])
    assertGolden('try-queue', out)
  })

  it('shows them by day, too: the clock is the script’s', async () => {
    const { messages } = await relayoutJson<Report>(['try', '--at', '2026-11-23T09:00', ...queue.files()], {
      cwd: queue.folder,
    })
    assert.deepEqual(
      messages.map(({ sender }) => sender),
      ['day', 'day', 'bulk'],
    )
  })

  it('takes a message as mail programs save it, with the envelope of its header', async () => {
    const { code, out } = await call('--at', '20:00', 'letter.eml')
    assert.equal(code, 0)
    assertGolden('try-letter', out)
  })

  it('takes another envelope, and standard input; the size is that of the queue, with CR LF', async () => {
    const report = await relayoutJson<Report>(
      ['try', '--from', '', '--to', 'x@example.org', '--to', '<y@EXAMPLE.org>,z@example.net', '-'],
      { cwd: queue.folder, stdin: 'Subject: hello\n\nHello.\n' },
    )
    assert.deepEqual(
      report.messages.map(({ from, to, size }) => [from, to, size]),
      [
        ['', ['x@example.org', 'y@EXAMPLE.org'], 26],
        ['', ['z@example.net'], 26],
      ],
    )
  })

  it('has a JSON document for programs, as its schema says', async () => {
    const report = await relayoutJson<Report>(['try', '--at', '20:00', ...queue.files()], { cwd: queue.folder })
    assertSchema('try', report)
    assert.deepEqual(
      report.order.map(({ sender, priority, position, message }) => [sender, priority, position, message]),
      [
        ['bulk', 50, 1, 2],
        ['main', 99, 1, 1],
        ['main', 50, 2, 0],
      ],
    )
  })

  it('asks about a message as often as it is told to, in one session', async () => {
    fs.writeFileSync(
      path.join(queue.folder, 'count.lua'),
      'seen = 0 function CheckFile(_, a) seen = seen + 1 a.Priority = seen return a end',
    )
    const report = await relayoutJson<Report>(
      ['try', '--repeat', '5', '--script', 'count.lua', '--sender', 'main', 'letter.eml'],
      { cwd: queue.folder },
    )
    assert.deepEqual(
      report.order.map(({ priority, message }) => [priority, message]),
      [5, 4, 3, 2, 1].map((priority) => [priority, priority - 1]),
    )
  })

  it('ends with 1 when the script fails, and says where and what that means', async () => {
    for (const [script, said] of [
      ['function CheckFile() error("oops") end', 'broken.lua:1: oops. Its messages are sent as if'],
      ['function CheckFile() while true do end end', 'broken.lua:1: still running after 1 s.'],
      ['function CheckFile(', "broken.lua:1: <name> or '...' expected near <eof>"],
    ] as const) {
      fs.writeFileSync(path.join(queue.folder, 'broken.lua'), script)
      const { code, out, err } = await relayout(['try', '--script', 'broken.lua', 'letter.eml'], {
        cwd: queue.folder,
        env: { COLUMNS: '200' },
      })
      assert.deepEqual([code, err], [1, ''])
      assert.ok(out.includes(`failure bulk: ${said}`) || out.includes(`failure day: ${said}`), out)
    }
  })

  it('says in one sentence what it cannot take, and ends with 2', async () => {
    const [whole = ''] = queue.files()
    const bytes = fs.readFileSync(whole)
    const half = path.join(queue.folder, path.basename(whole).replace('_0_', '_1_'))
    for (const [content, said] of [
      [bytes.subarray(0, 100), 'its envelope ends after 100 of'],
      [bytes.subarray(0, 3), 'it has 3 bytes'],
      [Buffer.concat([bytes.subarray(0, 4), Buffer.from('}'), bytes.subarray(5)]), 'its envelope cannot be read'],
      [Buffer.from('From: x'), 'it does not begin with the length of its envelope'],
    ] as const) {
      fs.writeFileSync(half, content)
      const { code, out, err } = await call(half)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, new RegExp(`^relayout: \\S+ is not a whole queue file: ${said}.*\n$`))
    }
    for (const [args, said] of [
      [['nothing.eml'], 'nothing.eml cannot be read: there is no such file'],
      [['queue'], 'queue cannot be read: it is a folder'],
      [['config/relayout.lua'], 'config/relayout.lua is neither a queue file of Haraka nor a message'],
      [['--from', 'x y', 'letter.eml'], 'x y is no mail address'],
      [['--at', 'noon', 'letter.eml'], 'noon is no time'],
      [['--at', '2026-02-30', 'letter.eml'], '2026-02-30 is no time'],
      [['--at', '2026-11-31T10:00Z', 'letter.eml'], '2026-11-31T10:00Z is no time'],
      [['--repeat', '0', 'letter.eml'], '--repeat 0: a whole number from 1 to 1,000,000 is accepted'],
      [['--sender', 'mian', 'letter.eml'], 'there is no sender mian in relayout.ini; there is bulk, day, main'],
      [['--script', 'none.lua', 'letter.eml'], 'none.lua cannot be read: there is no such file'],
      [['--config', '/nowhere', 'letter.eml'], '/nowhere cannot be read: there is no such folder'],
      [['--config', 'config/relayout.ini', 'letter.eml'], 'config/relayout.ini cannot be read: it is no folder'],
    ] as const) {
      const { code, out, err } = await call(...args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.ok(err.startsWith(`relayout: ${said}`), err)
      assert.equal(err.split('\n').length, 2, err)
    }
    const { code, err } = await call()
    assert.equal(code, 2)
    assert.match(err, /missing required argument 'message'/)
  })

  it('does not go by settings that would keep Haraka from starting', async () => {
    const folder = fs.mkdtempSync(path.join(queue.folder, 'bad-'))
    fs.writeFileSync(path.join(folder, 'relayout.ini'), '[sender.main]\nhost = a b\n')
    const { code, err } = await call('--config', folder, 'letter.eml')
    assert.equal(code, 2)
    assert.match(err, /relayout\.ini \[sender\.main\] host = a b: /)
    assert.match(err, /relayout: a mistake in relayout\.ini would keep Haraka from starting/)
  })
})
