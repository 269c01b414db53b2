import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import fc from 'fast-check'

import { moved } from '../../lib/cli/commands/backtest/moved.js'
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'
import { type WrittenQueue, writeQueue } from './support/written-queue.js'

interface Report {
  readonly read: Record<string, number>
  readonly remarks: readonly string[]
  readonly counts: Record<string, number>
  readonly replyCounts: { readonly same: number; readonly different: number }
  readonly messages: readonly {
    readonly kind: string
    readonly message: string
    readonly to: readonly string[]
    readonly before: Record<string, unknown>
    readonly after: Record<string, unknown>
  }[]
  readonly replies: readonly { readonly real: string; readonly before: string; readonly after: string; count: number }[]
}

const message = (from: string, to: string, subject: string, body?: string) => ({
  from,
  to: [to],
  data: plainMessage(subject, [], body),
})

const counted = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

describe('relayout backtest over a queue', function () {
  this.timeout(60_000)
  const OLD = `
    function CheckFile(_, Actions, Size, _, ReturnPath, Recipients, HeaderData)
      if HeaderData.Subject == "urgent" then Actions.Priority = 99 end
      if Recipients[1] == "later@example.net" then
        Actions.SkipSend, Actions.Reason = true, "waits for the evening"
      end
      return Actions
    end`
  const NEW = `
    function CheckFile(_, Actions, Size, _, ReturnPath, Recipients, HeaderData)
      if sendername == "bulk" then
        Actions.SkipSend, Actions.Reason, Actions.RetryAfter = true, "bulk goes at night, and never on a Sunday", 7200
      end
      if HeaderData.Subject == "first" then Actions.Priority = 10 end
      if HeaderData.Subject == "urgent" then Actions.Priority = 98 end
      return Actions
    end`
  let queue: WrittenQueue

  before(async () => {
    queue = await writeQueue({
      ini: '[sender.bulk]\nfilter[] = From: *@news.example.com\n[sender.main]\nfilter[] = !From: *@news.example.com\n',
      script: OLD,
      messages: [
        message('ann@example.com', 'bob@example.net', 'first'),
        message('ann@example.com', 'carl@example.net', 'second'),
        message('ann@example.com', 'dora@example.net', 'urgent'),
        message('ann@example.com', 'later@example.net', 'fourth'),
        message('letters@news.example.com', 'ed@example.net', 'news'),
        message('ann@example.com', 'flo@example.net', 'sixth'),
      ],
    })
    fs.writeFileSync(path.join(queue.folder, 'new.lua'), NEW)
  })

  after(() => queue.remove())

  it('shows what would be taken, skipped and reordered, and ends with 1', async () => {
    const settled = queue.settledFiles()
    fs.mkdirSync(path.join(queue.folder, 'other', 'config'), { recursive: true })
    for (const name of ['relayout.ini', 'relayout.lua']) {
      fs.copyFileSync(path.join(queue.folder, 'config', name), path.join(queue.folder, 'other/config', name))
    }
    fs.cpSync(path.join(queue.folder, path.dirname(settled[0] ?? '')), path.join(queue.folder, 'other/queue'), {
      recursive: true,
    })
    const { code, out, err } = await relayout(['backtest', '--script', '../new.lua', '--queue'], {
      cwd: path.join(queue.folder, 'other'),
    })
    assert.deepEqual([code, err], [1, ''])
    assertGolden('backtest-queue', out)
  })

  it('has a JSON document for programs, as its schema says', async () => {
    const report = await relayoutJson<Report>(['backtest', '--script', 'new.lua', '--queue'], { cwd: queue.folder })
    assertSchema('backtest', report)
    assert.deepEqual(counted(report.counts), { taken: 1, skipped: 1, moved: 1, priority: 1, same: 2 })
    assert.deepEqual(
      report.messages.map(({ kind, to }) => `${kind} ${to.join()}`),
      ['taken later@example.net', 'skipped ed@example.net', 'moved bob@example.net', 'priority dora@example.net'],
    )
  })

  it('compares two files over messages that are named; the same script differs in nothing, and that is 0', async () => {
    fs.writeFileSync(path.join(queue.folder, 'old.lua'), OLD)
    const call = (script: string, against: string) =>
      relayout(['backtest', '--script', script, '--against', against, ...queue.files()], { cwd: queue.folder })
    assert.equal((await call('new.lua', 'old.lua')).code, 1)
    const { code, out } = await call('old.lua', 'old.lua')
    assert.equal(code, 0)
    assert.match(out, /6 {2}messages are the same\n$/)
  })

  it('says in one sentence what it cannot do, and ends with 2', async () => {
    fs.mkdirSync(path.join(queue.folder, 'two/config'), { recursive: true })
    fs.writeFileSync(
      path.join(queue.folder, 'two/config/relayout.ini'),
      '[sender.a]\nscript = a.lua\n[sender.b]\nscript = b.lua\n',
    )
    for (const [args, said] of [
      [['--queue'], 'there is no new script to compare with'],
      [['--script', 'new.lua'], 'there is nothing to put to the scripts'],
      [['--script', 'none.lua', '--queue'], 'none.lua cannot be read: there is no such file'],
      [['--script', 'new.lua', '--against', 'none.lua', '--queue'], 'none.lua cannot be read'],
      [['--script', 'new.lua', '--journal', 'none'], 'none cannot be read: there is no such file'],
      [
        ['--script', 'new.lua', '--sender', 'x', '--queue'],
        'there is no sender x in relayout.ini; there is bulk, main',
      ],
      [['--script', 'new.lua', '--config', 'two', '--queue'], 'new.lua could stand for several scripts: a.lua, b.lua'],
      [['--script', 'new.lua', 'nothing.eml'], 'nothing.eml cannot be read'],
    ] as const) {
      const { code, out, err } = await relayout(['backtest', ...args], { cwd: queue.folder })
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.ok(err.startsWith(`relayout: ${said}`), err)
      assert.equal(err.split('\n').length, 2)
    }
  })

  it('says of a script that fails where, and ends with 1 though nothing differs', async () => {
    fs.writeFileSync(path.join(queue.folder, 'loop.lua'), 'function CheckFile() while true do end end')
    const args = ['backtest', '--script', 'loop.lua', '--against', 'loop.lua', queue.files()[0] ?? '']
    const { code, out, err } = await relayout(args, { cwd: queue.folder })
    assert.deepEqual([code, err], [1, ''])
    assert.match(out, /1 {2}message is the same/)
    assert.match(out, /failure main: loop\.lua:1: still running after 1 s/)
  })
})

describe('relayout backtest over a journal', function () {
  this.timeout(120_000)
  let scene: Scene
  const NEW = `
    function CheckFile(_, Actions, Size, _, ReturnPath, Recipients, HeaderData, _, Retries, LastTry)
      if HeaderData.Subject == "later" then Actions.SkipSend, Actions.Reason = true, "not yet" end
      if tonumber(os.date("!%Y")) ~= 2026 + 0 * Size and os.time() < 1000 then error("another clock") end
      Actions.Reason = Actions.Reason .. os.date("!%H:%M:%S")
      Actions.SkipSend = Actions.SkipSend or nil
      Actions.Priority = HeaderData.Subject == "late" and 1 or 50
      return Actions
    end
    function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
      if ConnectedServer == "127.0.0.1" and LastLine:find("^450 4.1.1") then
        return (LastLine:gsub("^450 4", "550 5"))
      end
    end`
  const journal = () => path.join(scene.haraka.folder, 'log', 'relayout.journal')
  const call = (...args: string[]) =>
    relayout(['backtest', '--script', 'new.lua', ...args], { cwd: scene.haraka.folder })

  before(async () => {
    scene = await openScene({
      relay: { rcpt: { byAddress: { 'gone@example.net': '450 4.1.1 <gone@example.net>: User unknown' } } },
      ini: (host) =>
        `[main]\njournal = log/relayout.journal\njournal_headers = Subject\n[sender.main]\nhost = ${host}\n`,
      script: 'function CheckFile(_, Actions) return Actions end',
      stopped: true,
    })
    fs.mkdirSync(path.join(scene.haraka.folder, 'log'), { recursive: true })
    scene.haraka.write('new.lua', NEW)
    await scene.haraka.start()
    await scene.submit(
      message('ann@example.com', 'bob@example.net', 'now'),
      message('ann@example.com', 'carl@example.net', 'later'),
      message('ann@example.com', 'gone@example.net', 'gone'),
      message('ann@example.com', 'dora@example.net', 'late'),
    )
    await scene.relay.waitFor(3)
    await until('all is in the journal', () => {
      const text = fs.existsSync(journal()) ? fs.readFileSync(journal(), 'utf8') : ''
      return text.split('\n').filter((line) => line.includes('"event":"outcome"')).length === 4
    })
    await scene.haraka.stop('SIGKILL')
  })

  after(() => scene.remove())

  it('asks both scripts about what was offered and replied, at its time', async () => {
    const report = await relayoutJson<Report>(['backtest', '--script', 'new.lua', '--journal', journal()], {
      cwd: scene.haraka.folder,
    })
    assertSchema('backtest', report)
    assert.equal(report.read['journal'], 4)
    assert.deepEqual(counted(report.counts), { skipped: 1, priority: 1, details: 2 })
    const records = fs
      .readFileSync(journal(), 'utf8')
      .split('\n')
      .flatMap((line) => (line.includes('"event":"offer"') ? [JSON.parse(line) as { t: string; to: string[] }] : []))
    for (const { to, after } of report.messages) {
      const offer = records.find((record) => record.to[0] === to[0])
      assert.equal(String(after['reason']).slice(-8), offer?.t.slice(11, 19), 'the clock is that of the offer')
    }
    assert.deepEqual(
      report.replies.map(({ real, before, after, count }) => [real, before, after, count]),
      [
        [
          '450 4.1.1 <gone@example.net>: User unknown',
          '450 4.1.1 <gone@example.net>: User unknown',
          '550 5.1.1 <gone@example.net>: User unknown',
          1,
        ],
      ],
    )
    assert.ok(report.replyCounts.same > 10)
  })

  it('counts a message once, however often it was offered', async () => {
    const often = path.join(scene.haraka.folder, 'often')
    const text = fs.readFileSync(journal(), 'utf8')
    fs.writeFileSync(often, text + text.replace(/^.*"event":"(?!offer").*\n/gm, '').repeat(5))
    const args = ['backtest', '--against', 'new.lua', '--script', 'new.lua', '--journal', often]
    const { read, counts } = await relayoutJson<Report>(args, { cwd: scene.haraka.folder })
    assert.equal(read['journal'], 24)
    assert.deepEqual(counted(counts), { same: 4 })
  })

  it('shows them, counts first', async () => {
    const settled = fs
      .readFileSync(journal(), 'utf8')
      .replace(/"t":"[^"]*"/g, '"t":"2026-11-23T07:30:00.000Z"')
      .replace(/[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}/g, '01234567-89AB-CDEF-0123-456789ABCDEF')
    fs.writeFileSync(path.join(scene.haraka.folder, 'settled'), settled)
    const { code, out, err } = await call('--journal', 'settled')
    assert.deepEqual([code, err], [1, ''])
    assertGolden('backtest-journal', out)
  })

  it('goes on behind a line that is no record, says which one it is, and ends with 1', async () => {
    const damaged = path.join(scene.haraka.folder, 'damaged')
    const lines = fs.readFileSync(journal(), 'utf8').split('\n')
    lines.splice(2, 0, '{"v":1,"t":')
    fs.writeFileSync(damaged, lines.join('\n').slice(0, -40))
    const { code, out, err } = await call('--against', 'new.lua', '--journal', damaged)
    assert.deepEqual([code, err], [1, ''])
    const text = out.replace(/\n {3}/g, ' ')
    assert.ok(text.includes(`${damaged}:3 is left out: it is no JSON`), text)
    assert.match(text, /is left out: the line has no end/)
    assert.match(out, /4 {2}messages are the same/)
  })

  it('says what a journal does not tell', async () => {
    const bare = path.join(scene.haraka.folder, 'bare')
    const text = fs
      .readFileSync(journal(), 'utf8')
      .replace(/,"headers":\["Subject[^\]]*\]/g, '')
      .replace('"addresses":"full"', '"addresses":"hashed"')
      .replaceAll('"main"', '"gone"')
    fs.writeFileSync(bare, text)
    const { remarks, read } = await relayoutJson<Report>(['backtest', '--script', 'new.lua', '--journal', bare], {
      cwd: scene.haraka.folder,
    })
    assert.match(remarks.join('\n'), /hashed addresses/)
    assert.match(remarks.join('\n'), /4 offers were recorded without a header \(journal_headers\)/)
    assert.match(remarks.join('\n'), /\d+ replies came to senders that relayout\.ini does not have/)
    assert.equal(read['replies'], 0)
  })
})

describe('moved', () => {
  it('is the smallest set without which the order is the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40), { maxLength: 10 }), (places) => {
        const away = moved(places)
        const left = places.filter((_, i) => !away.has(i))
        assert.deepEqual(
          left,
          left.toSorted((a, b) => a - b),
        )
        assert.equal(left.length, longestIncreasing(places))
      }),
    )
  })
})

/** By trying every subset. */
function longestIncreasing(places: readonly number[]): number {
  let longest = 0
  for (let subset = 0; subset < 2 ** places.length; subset++) {
    const some = places.filter((_, i) => subset & (1 << i))
    if (some.every((place, i) => i === 0 || place > (some[i - 1] ?? 0))) longest = Math.max(longest, some.length)
  }
  return longest
}
