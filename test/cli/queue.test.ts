import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { Ledger } from '../../lib/cli/commands/queue/ledger.js'
import { scan } from '../../lib/cli/commands/queue/scan.js'
import { Sums } from '../../lib/cli/commands/queue/sums.js'
import { listQueue } from '../../lib/cli/queue-folder/list-queue.js'
import { type Decided, type Heard, Rehearsal } from '../../lib/cli/rehearsal/rehearsal.js'
import type { QueueItem } from '../../lib/policy/queue-item.js'
import { readSettings } from '../../lib/policy/read-settings.js'
import { scriptSource } from '../../lib/policy/script-file.js'
import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import type { QueueReport } from './support/queue-report.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'
import { settle, settledName } from './support/settled-queue.js'
import { type WrittenQueue, writeQueue } from './support/written-queue.js'

const INI = `
[sender.bulk]
filter[] = From: *@news.example.com
order = smallest

[sender.main]
filter[] = !*@alone.example
`

const SCRIPT = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData)
  local subject = HeaderData.Subject
  if subject == "urgent" then Actions.Priority = 99 end
  if HeaderData["X-Hold"] then
    Actions.SkipSend = true
    Actions.Reason = "held back: " .. HeaderData["X-Hold"]
    Actions.RetryAfter = 5400
  end
  if ReturnPath == "" then Actions.ForceLastTry = true end
  return Actions
end
`

const AT = '2026-11-23T20:00Z'
const AT_MS = Date.parse(AT)
const HOUR_MS = 3_600_000
const MANY = Array.from({ length: 120 }, (_, i) => `reader${i}@example.org`)

/** What is submitted, and how its file is settled. */
const LETTERS = [
  { from: 'ann@example.com', to: ['bob@example.net'], subject: 'hello', hours: 50 },
  { from: 'ann@example.com', to: ['bob@example.net'], subject: 'urgent', hours: 1 },
  { from: 'letters@news.example.com', to: MANY, subject: 'news', body: 'News.\r\n'.repeat(300), hours: 3 },
  { from: 'letters@news.example.com', to: ['dora@example.org'], subject: 'small news', hours: 2 },
  { from: '', to: ['carl@example.net'], subject: 'bounce', hours: 5, attempts: 2, nextIn: 0 },
  { from: 'jörg@exämple.com', to: ['änne@exämple.net'], subject: 'utf', hours: 6, mailParameters: 'SMTPUTF8' },
  { from: 'ann@example.com', to: ['ed@example.net'], subject: 'held', hold: 'wait\x1b[31m\x07 for the café', hours: 7 },
  { from: 'ann@example.com', to: ['flo@example.net'], subject: 'later', hours: 8, attempts: 3, nextIn: 0.5 },
  {
    from: 'ann@example.com',
    to: ['gus@example.net'],
    subject: 'held later',
    hold: 'noon',
    hours: 9,
    attempts: 1,
    nextIn: 0.2,
  },
  { from: 'ann@example.com', to: ['hal@alone.example'], subject: 'alone', hours: 10 },
]

describe('relayout queue', function () {
  this.timeout(60_000)
  let queue: WrittenQueue
  let settled: string
  const call = (...args: string[]) => relayout(['queue', '--at', AT, ...args], { cwd: queue.folder })
  const report = (...args: string[]) =>
    relayoutJson<QueueReport>(['queue', '--at', AT, '--queue', settled, ...args], { cwd: queue.folder })

  before(async () => {
    queue = await writeQueue({
      ini: INI,
      script: SCRIPT,
      messages: LETTERS.map(({ subject, hold, body, ...letter }) => ({
        ...letter,
        data: plainMessage(subject, hold === undefined ? [] : [`X-Hold: ${hold}`], body),
      })),
    })
    settled = path.join(queue.folder, 'settled')
    fs.mkdirSync(settled)
    for (const file of queue.files()) {
      const text = fs.readFileSync(file, 'latin1')
      const nth = LETTERS.findIndex(({ subject }) => text.includes(`\r\nSubject: ${subject}\r\n`))
      const { hours, attempts = 0, nextIn } = LETTERS[nth]!
      settle(file, settled, {
        nth,
        arrivalMs: AT_MS - hours * HOUR_MS,
        attempts,
        ...(nextIn === undefined ? {} : { nextAttemptMs: AT_MS + nextIn * HOUR_MS }),
      })
    }
  })

  after(() => queue.remove())

  it('takes a message that goes before its header is read for gone, and for no failure of the script', async () => {
    const folder = path.join(queue.folder, 'vanishing')
    fs.cpSync(settled, folder, { recursive: true })
    class Hasty extends Rehearsal {
      override async decide(item: QueueItem, isGone?: () => boolean): Promise<Decided> {
        fs.rmSync(item.path)
        return super.decide(item, isGone)
      }
    }
    const heard: Heard[] = []
    const rehearsal = new Hasty({
      settings: readSettings({ get: () => undefined }).settings,
      script: ({ script }) => scriptSource(script, Buffer.from(SCRIPT)),
      retryIntervals: [],
      hear: (something) => heard.push(something),
    })
    try {
      const sums = new Sums(['default'])
      const { gone } = await scan(listQueue(folder, AT_MS), {
        folder,
        rehearsal,
        only: undefined,
        retryIntervals: [],
        ledger: new Ledger(LETTERS.length, rehearsal.senders, undefined),
        sums,
        progress: () => undefined,
      })
      assert.deepEqual([gone, sums.all.items, heard], [LETTERS.length, 0, []])
    } finally {
      await rehearsal.close()
    }
  })

  it('shows who sends what in which order, what is skipped, what waits, and the sums', async () => {
    const { code, out, err } = await call('--queue', 'settled')
    assert.deepEqual([code, err], [0, ''])
    assertGolden('queue', out, [[/^\S*\/settled$/m, '…/settled']])
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  })

  it('shows as many as it is told to, of each list a share, and says how many more there are', async () => {
    const { out } = await call('--queue', 'settled', '--limit', '6')
    assertGolden('queue-limit', out, [[/^\S*\/settled$/m, '…/settled']])
  })

  it('shows the sums alone', async () => {
    const { code, out } = await call('--queue', 'settled', '--sums')
    assert.equal(code, 0)
    assertGolden('queue-sums', out, [[/^\S*\/settled$/m, '…/settled']])
  })

  it('has a JSON document for programs, as its schema says', async () => {
    const all = await report()
    assertSchema('queue', all)
    assert.deepEqual(
      all.items.map(({ uuid, outcome, position, sender }) => [
        Number(uuid.split(/[-.]/)[1]),
        outcome,
        position,
        sender,
      ]),
      [
        [3, 'take', 1, 'bulk'],
        [2, 'take', 2, 'bulk'],
        [1, 'take', 1, 'main'],
        [0, 'take', 2, 'main'],
        [5, 'take', 3, 'main'],
        [4, 'take', 4, 'main'],
        [6, 'skip', undefined, undefined],
        [8, 'skip', undefined, undefined],
        [7, 'take', undefined, 'main'],
        [9, 'pass', undefined, undefined],
      ],
    )
    const [, news, , , utf, bounce, , , later] = all.items
    assert.equal(news!.to.length, 120)
    assert.deepEqual([utf!.from, utf!.to], ['jörg@exämple.com', ['änne@exämple.net']])
    assert.deepEqual([bounce!.from, bounce!.forceLastTry, bounce!.attempts], ['', true, 2])
    assert.deepEqual([later!.nextTry, later!.attempts], ['2026-11-23T20:30:00.000Z', 3])
    // After the third failure Haraka waits 256 s.
    assert.equal(later!.lastTry, '20261123202544')
    assert.equal(all.sums.all.items, 10)
    assertSchema('queue', await report('--sums'))
    assertSchema('queue', await report('--limit', '1'))
  })

  it('shows one sender’s items, none of which another takes', async () => {
    const { items, sums } = await report('--sender', 'main')
    assert.deepEqual(
      items.map(({ uuid }) => Number(uuid.split(/[-.]/)[1])),
      [1, 0, 5, 4, 6, 8, 7],
    )
    assert.deepEqual([sums.all.items, sums.senders.length], [7, 1])
  })

  it('counts and names what is no item, and ends with 1 for what is lost', async () => {
    const folder = fs.mkdtempSync(path.join(queue.folder, 'odd-'))
    const [whole = ''] = queue.files()
    const bytes = fs.readFileSync(whole)
    const put = (name: string, content: string | Buffer): void => fs.writeFileSync(path.join(folder, name), content)
    const name = (nth: number): string => settledName({ nth, arrivalMs: AT_MS - HOUR_MS })
    put(name(1), '')
    put(name(2), bytes.subarray(0, 3))
    put(name(3), bytes.subarray(0, 100))
    put(name(4), Buffer.concat([bytes.subarray(0, 4), Buffer.from('}'), bytes.subarray(5)]))
    put(name(5), 'From: x')
    fs.mkdirSync(path.join(folder, name(6)))
    put(`error.${name(7)}`, bytes)
    put(`__tmp__.${name(8)}`, bytes)
    put('notes\x1b.txt', 'hello')
    settle(whole, folder, { nth: 9, arrivalMs: AT_MS - HOUR_MS })
    const { code, out } = await call('--queue', folder)
    assert.equal(code, 1)
    assertGolden('queue-odd-files', out, [[/^\S*(…|\/)\S*odd-\w+$/m, '…/odd']])
    const { files, sums } = await relayoutJson<QueueReport>(['queue', '--at', AT, '--queue', folder], {
      cwd: queue.folder,
    })
    assert.equal(sums.all.items, 1)
    assert.deepEqual(
      [files.damaged.count, files.unreadable.count, files.givenUp.count, files.beingWritten.count, files.strange.count],
      [5, 1, 1, 1, 1],
    )
  })

  it('takes Haraka’s own folder by default, and says that it is empty', async () => {
    const folder = fs.mkdtempSync(path.join(queue.folder, 'empty-'))
    assert.match((await call()).out, /^10 messages, /m)
    const { code, out } = await call('--queue', folder)
    assert.equal(code, 0)
    assert.match(out, /^0 messages, 0 B\n\n$/m)
  })

  it('says what holds messages when the script fails, and ends with 1', async () => {
    const config = fs.mkdtempSync(path.join(queue.folder, 'failing-'))
    fs.writeFileSync(path.join(config, 'relayout.ini'), '[main]\non_script_error = hold\n')
    fs.writeFileSync(path.join(config, 'relayout.lua'), 'function CheckFile() error("oops") end')
    const { code, out } = await call('--queue', 'settled', '--config', config)
    assert.equal(code, 1)
    assert.match(out, /held:/)
    assert.match(out, /^failure default: relayout\.lua:1: oops\./m)
  })

  it('says in one sentence what it cannot do, and ends with 2', async () => {
    for (const [args, said] of [
      [['--queue', 'nowhere'], /nowhere is no queue folder that can be read: it is not there\./],
      [['--queue', 'config/relayout.ini'], /relayout\.ini is no queue folder that can be read: it is a file\./],
      [['--sender', 'mian'], /there is no sender mian in relayout\.ini; there is bulk, main$/],
      [['--limit', 'x'], /--limit x: a whole number from 0 to 1,000,000,000 is accepted$/],
    ] as const) {
      const { code, out, err } = await call(...args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err.trimEnd(), said)
      assert.equal(err.split('\n').length, 2, err)
    }
  })
})
