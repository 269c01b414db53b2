import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { JournalRecord } from '../../lib/journal/records.js'
import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import { JOURNAL, recordJournal } from './support/recorded-journal.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const INI = (host: string): string => `
[main]
journal=${JOURNAL}
session_idle=60s

[sender.bulk]
host=${host}
filter[]=From: news@example.com

[sender.main]
host=${host}
max_connections=1
max_messages_per_connection=2
idle_timeout=30s
`

const SCRIPT = `
seen = 0
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath)
  local function skip(reason, seconds)
    Actions.SkipSend, Actions.Reason, Actions.RetryAfter = true, reason, seconds
    return Actions
  end
  if ReturnPath == "" then return skip("bounces wait for the night", 86400) end
  if ReturnPath == "news@example.com" then
    if sendername == "bulk" then return skip("office hours, and mail of this kind waits until it is evening", 7200) end
    seen = seen + 1
    if seen < 3 then return skip("not yet", 1) end
    Actions.Priority = "urgent"
  end
  return Actions
end

function ReturnCodeHandler(LastCommand, FullResponse)
  if LastCommand:find("^RCPT TO:<gone@") then return (FullResponse:gsub("450 4", "550 5")) end
  if LastCommand:find("^RCPT TO:<ann@example.org") then return "nonsense" end
end
`

const RCPT = {
  byAddress: {
    'later@example.net': '450 4.2.1 The mailbox is full, and stays so until somebody looks at it; try again later',
    'gone@example.net': '450 4.1.1 User unknown in relay recipient table',
    'carl@example.org': '250-2.1.5 \x1b[31mred\x07\n250 2.1.5 ok',
  },
}

const message = (from: string, ...to: string[]) => ({ from, to, data: plainMessage('hello') })

const ID = (n: number): string => `5B1D0C9A-0000-4000-8000-${String(n).padStart(12, '0')}`

interface Report {
  readonly journal: { readonly files: readonly string[]; readonly covered: { from: string; to: string } | null }
  readonly more: boolean
  readonly messages: readonly {
    id: string
    item: string
    state: string
    doing?: string
    again?: string
    offers: number
    recipients: readonly { to: string; state: string; said?: string }[]
    records: readonly JournalRecord[]
  }[]
  readonly leftOut: { readonly lines: number; readonly first: readonly { line: number; why: string }[] }
}

describe('relayout why', function () {
  this.timeout(60_000)
  let folder: string
  let records: readonly JournalRecord[]
  const lines = (): string[] => records.map((record) => JSON.stringify(record))
  const write = (text: string | Buffer, name = JOURNAL): void => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
  const call = (...args: string[]) => relayout(['why', ...args], { cwd: folder })
  const why = (...args: string[]) => relayoutJson<Report>(['why', ...args], { cwd: folder })

  before(async () => {
    const recorded = await recordJournal({ ini: INI, script: SCRIPT, relay: { rcpt: RCPT } }, async (recording) => {
      const { scene, recorded } = recording
      await scene.submit(message('news@example.com', 'ann@example.net'))
      await recorded('outcome', 1)
      await scene.submit(message('joe@example.com', 'bob@example.net'))
      await recorded('close', 1)
      await scene.submit(message('joe@example.com', 'ann@example.net', 'later@example.net'))
      await recorded('outcome', 4)
      await scene.submit(message('joe@example.com', 'gone@example.net'))
      await recorded('skip', 3) // the bounce
      await scene.submit(message('joe@example.com', 'ann@example.org', 'Carl@example.org', 'bob@example.net'))
      await recorded('outcome', 7)
    })
    records = recorded.settled
  })

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    write(INI('127.0.0.1:2525'), 'config/relayout.ini')
    write(`${lines().join('\n')}\n`)
  })

  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('tells of a message that was skipped, and then went', async () => {
    const { code, out, err } = await call(`${ID(1)}.1.1`)
    assert.deepEqual([code, err], [0, ''])
    assertGolden('why-skipped', out)
  })

  it('tells of one that went over a connection that another message had opened, by the name of its file', async () => {
    const offer = records.filter((record) => record.event === 'offer').find(({ id }) => id === `${ID(2)}.1.1`)
    const file = offer?.file ?? ''
    const { code, out } = await call(file)
    assert.equal(code, 0)
    assertGolden('why-reused', out)
    const retried = path.basename(file).replace(/^(\d+)_\d+_0_/, '$1_1999999999999_4_')
    for (const name of [path.basename(file), retried, `queue/${retried}`, offer?.item ?? '']) {
      assert.equal((await call(name)).out, out)
    }
  })

  it('tells of one of which a part was delivered and a part deferred: what became of each recipient', async () => {
    const { code, out } = await call(ID(3))
    assert.equal(code, 0)
    assertGolden('why-several', out)
  })

  it('tells of one that was bounced for a reply that the script rewrote, by its recipient', async () => {
    const { code, out } = await call('Gone@Example.net', '--limit', '1')
    assert.equal(code, 0)
    assertGolden('why-bounced', out)
  })

  it('tells of all items of a transaction, one after the other', async () => {
    const ids = async (words: string): Promise<string[]> => (await why(words)).messages.map(({ id }) => id)
    const ofLast =
      records
        .filter((record) => record.event === 'offer')
        .at(-1)
        ?.id?.replace(/\.1\.\d$/, '') ?? ''
    assert.deepEqual(await ids(`${ofLast}.1`), [`${ofLast}.1.1`, `${ofLast}.1.2`])
    assert.deepEqual(await ids(ofLast.toLowerCase()), [`${ofLast}.1.1`, `${ofLast}.1.2`])
    assert.deepEqual(await ids(`${ofLast}.1.2`), [`${ofLast}.1.2`])
    assert.deepEqual(await ids(ofLast.slice(0, -1)), [])
  })

  it('finds an item by its id and by its name, with those of its recipients that were deferred', async () => {
    const whole = (await why(ID(3))).messages
    assert.deepEqual(
      whole.map(({ state, recipients }) => [state, recipients.map(({ to, state }) => [to, state])]),
      [
        [
          'in the queue',
          [
            ['ann@example.net', 'delivered'],
            ['later@example.net', 'deferred'],
          ],
        ],
      ],
    )
    assert.deepEqual((await why(whole[0]?.item ?? '')).messages, whole)
    assert.equal(whole[0]?.doing, 'deferred')
    assert.ok(whole[0].again !== undefined)
  })

  it('finds the latest messages from or to an address, and says that there are more', async () => {
    const all = await why('joe@example.com')
    // Four from that address, in five items, and the bounce to it.
    assert.equal(new Set(all.messages.map(({ id }) => id)).size, 6)
    assert.equal(all.more, false)
    const latest = await why('<joe@example.com>', '--limit', '2')
    assert.equal(latest.more, true)
    assert.deepEqual(latest.messages, all.messages.slice(-2))
    assert.match(
      (await call('JOE@example.com', '--limit', '2')).out,
      /^The latest 2 messages only; --limit shows more\n/,
    )
    const bounces = await why('<>')
    assert.deepEqual(
      bounces.messages.map(({ doing }) => doing),
      ['skipped'],
    )
    assert.deepEqual((await why('carl@example.org')).messages.length, 1)
  })

  it('has the records as they are in the journal, in order, with those that explain them', async () => {
    const report = await why(`${ID(2)}.1.1`)
    assertSchema('why', report)
    const [found] = report.messages
    const mine = records.filter(({ id }) => id === `${ID(2)}.1.1`)
    assert.deepEqual(
      found?.records.filter(({ id }) => id === `${ID(2)}.1.1`),
      mine,
    )
    const places = found.records.map((record) => lines().indexOf(JSON.stringify(record)))
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    )
    assert.deepEqual(
      found.records.filter(({ id }) => id !== `${ID(2)}.1.1`).map(({ event }) => event),
      ['session', 'connection', 'close'],
    )
    for (const words of [ID(3), 'joe@example.com', 'nothing']) assertSchema('why', await why(words))
  })

  it('says where it looked when there is nothing, and ends with 1', async () => {
    write(lines().slice(0, 10).join('\n') + '\n', `${JOURNAL}.1`)
    write(lines().slice(10).join('\n') + '\n')
    const { code, out, err } = await call('nobody@example.net')
    assert.deepEqual([code, err], [1, ''])
    assertGolden('why-nothing', out)
    assert.deepEqual((await why('x')).journal.files, [`${JOURNAL}.1`, JOURNAL])
    write('', `${JOURNAL}.1`)
    write('')
    const empty = await call('nobody@example.net')
    assert.equal(empty.code, 1)
    assert.match(empty.out, /^log\/relayout\.journal and its 1 older file has no record yet/)
    assert.equal((await why('x')).journal.covered, null)
  })

  it('tells lines that are no records, the first of them one by one, and goes on', async () => {
    const good = lines()
    const bad = [
      '{"v":1,',
      '[]',
      good[3]?.replace('"v":1', '"v":2') ?? '',
      good[3]?.replace('"decision"', '"dance"') ?? '',
    ]
    write([...good.slice(0, 5), ...bad, ...bad, ...good.slice(5), (good[9] ?? '').slice(0, 70)].join('\n'))
    const { code, out, err } = await call(`${ID(1)}.1.1`)
    assert.equal(code, 1)
    assert.match(out, /delivered/)
    assert.deepEqual(err.split('\n'), [
      'log/relayout.journal:6 is left out: it is no JSON',
      'log/relayout.journal:7 is left out: it is no JSON object',
      'log/relayout.journal:8 is left out: version 2 of the format is not known here, only 1',
      'log/relayout.journal:9 is left out: event "dance" is not known',
      'log/relayout.journal:10 is left out: it is no JSON',
      '4 more are left out: what they would tell is missing',
      '',
    ])
    const report = await why(`${ID(1)}.1.1`)
    assertSchema('why', report)
    assert.deepEqual([report.leftOut.lines, report.leftOut.first.length], [9, 5])
    write(`${good.join('\n')}\n${(good[9] ?? '').slice(0, 70)}`)
    const { code: torn, err: said } = await call(`${ID(1)}.1.1`)
    assert.equal(torn, 1)
    assert.match(
      said,
      /^log\/relayout\.journal:\d+ is left out: the line has no end: the process that wrote it was killed\n$/,
    )
  })

  it('says in one sentence what it cannot look at, and ends with 2', async () => {
    write('[sender.main]\n', 'other/relayout.ini')
    for (const [args, said] of [
      [['x', '--journal', 'none'], 'none cannot be read: there is no such file'],
      [['x', '--journal', 'log'], 'log cannot be read: it is a folder'],
      [
        ['x', '--config', 'other'],
        'there is no journal to look at: other/relayout.ini does not name one. With journal = ',
      ],
      [['x', '--limit', '0'], '--limit 0: a whole number from 1 to 1,000,000 is accepted'],
    ] as const) {
      const { code, out, err } = await call(...args)
      assert.deepEqual([code, out], [2, ''])
      assert.ok(err.startsWith(`relayout: ${said}`), err)
      assert.equal(err.split('\n').length, 2)
    }
    const nowhere = await relayout(['why', 'x'], { cwd: path.join(folder, 'log') })
    assert.equal(nowhere.code, 2)
    assert.match(nowhere.err, /^relayout: there is no journal to look at: there is no config folder of Haraka here/)
  })

  it('may not read a journal of somebody else', async function () {
    if (process.getuid?.() === 0) this.skip()
    fs.chmodSync(path.join(folder, JOURNAL), 0)
    const { code, err } = await call('x')
    assert.equal(code, 2)
    assert.match(err, /log\/relayout\.journal cannot be read: it may not be read by you/)
  })

  it('lets no control character of a reply reach the terminal', async () => {
    const { out } = await call('carl@example.org')
    assert.match(out, /250-2\.1\.5 \\x1b\[31mred\\x07/)
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f]/)
  })
})
