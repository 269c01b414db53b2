/** `relayout why` on journals of other kinds: hashed and rotated ones, and such as have what seldom happens. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { makeAddressKey } from '../../lib/journal/address-key.js'
import { Recorder } from '../../lib/journal/recorder.js'
import type { JournalEvent, JournalEvents, JournalRecord } from '../../lib/journal/records.js'
import { plainWording } from '../../lib/journal/wording.js'
import { plainMessage } from '../support/submit.js'
import { assertGolden } from './support/golden.js'
import { JOURNAL, type RecordedJournal, recordJournal } from './support/recorded-journal.js'
import { type Called, relayout, relayoutJson } from './support/relayout.js'

interface Report {
  readonly journal: { readonly files: readonly string[] }
  readonly messages: readonly {
    id: string
    item: string
    from: string
    state: string
    doing?: string
    attemptsBefore: number
    recipients: readonly { state: string }[]
    records: readonly JournalRecord[]
  }[]
}

describe('relayout why, of a hashed journal that was rotated', function () {
  this.timeout(60_000)
  const MANY = Array.from({ length: 150 }, (_, i) => `somebody.${i}@example.net`)
  let journal: RecordedJournal
  let folder: string
  const call = (...args: string[]) => relayout(['why', '--journal', JOURNAL, ...args], { cwd: folder })
  const why = (...args: string[]) => relayoutJson<Report>(['why', '--journal', JOURNAL, ...args], { cwd: folder })

  before(async () => {
    const ini = (host: string): string =>
      `[main]\njournal=${JOURNAL}\njournal_addresses=hashed\njournal_size=64k\n[sender.main]\nhost=${host}\n`
    journal = await recordJournal({ ini }, async ({ scene, recorded }) => {
      for (const [n, from] of ['Joe.Doe@example.com', 'jane@example.com', 'jim@example.com'].entries()) {
        await scene.submit({ from, to: MANY, data: plainMessage('hello') })
        await recorded('outcome', 2 * (n + 1)) // 100 and 50 recipients
      }
    })
  })

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    fs.mkdirSync(path.join(folder, 'log'))
    for (const [name, text] of journal.files) fs.writeFileSync(path.join(folder, 'log', name), text)
  })

  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('finds an address by its hash, in all files', async () => {
    const report = await why('joe.DOE@example.com')
    assert.ok(report.journal.files.length > 1)
    const [found, ...others] = report.messages
    assert.deepEqual([others.length, found?.state, found?.recipients.length], [0, 'delivered', 150])
    assert.match(found?.from ?? '', /^~[\da-f]{16}@example\.com$/)
    assert.ok(!JSON.stringify(report.messages).toLowerCase().includes('joe'))
    assert.deepEqual((await why(found?.from ?? '')).messages, report.messages)
    assert.deepEqual((await why(found?.id ?? '')).messages, report.messages)
    assert.equal((await why('somebody.7@example.net')).messages.length, 3)
    assert.equal(found?.records.filter(({ event }) => event === 'reply').length, 2 + 100 + 50 + 2 * 3)
  })

  it('says that the key is missing where an address is asked for, and finds an id without it', async () => {
    const { messages } = await why('jim@example.com')
    fs.rmSync(path.join(folder, `${JOURNAL}.key`))
    const { code, out, err } = await call('jim@example.com')
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^relayout: the addresses in log\/relayout\.journal are hashed, and log\/relayout\.journal\.key/)
    assert.deepEqual((await why(messages[0]?.item ?? '')).messages, messages)
    assert.deepEqual((await why(messages[0]?.from ?? '')).messages, messages)
  })

  it('reads the older files alone, when the youngest is just renamed', async () => {
    const { messages } = await why('joe.doe@example.com')
    fs.rmSync(path.join(folder, JOURNAL))
    const { code, err } = await call(messages[0]?.id ?? '')
    assert.deepEqual([code, err], [0, ''])
  })
})

/** Without its line ends. */
const flat = ({ out }: Called): string => out.replace(/\s+/g, ' ')

describe('relayout why, of what seldom happens', function () {
  this.timeout(60_000)
  const BEGIN_MS = Date.parse('2026-03-02T22:10:00.000Z')
  const ABOUT = { id: 'AAAAAAAA-0000-4000-8000-000000000001.1.1', item: '1772489400000_Name01_mx' }
  const FILE = '/opt/haraka/queue/1772489400000_1772489400000_0_4711_Name01_1_mx'
  const OFFER: JournalEvents['offer'] = {
    ...{ file: FILE, size: 1234, queued: '2026-03-02T22:10:00.000Z' },
    ...{ from: 'joe@example.com', to: ['ann@example.net'], retries: 0 },
  }
  const SCRIPT = { script: 'relayout.lua', version: 'ac09b275' }
  const SKIP: JournalEvents['decision'] = {
    ...{ sender: 'main', senderId: 0, ...SCRIPT, answer: 'skip', reason: 'office hours', retry: 900 },
  }
  const TAKE: JournalEvents['decision'] = {
    ...{ sender: 'main', senderId: 0, ...SCRIPT, answer: 'take', priority: 99, forceLastTry: true, tag: true },
  }
  const PEER = { sender: 'main', server: 'smtp.example.net', connection: 12 }

  let folder: string
  let nowMs: number
  let lines: string[]
  const clock = { now: () => nowMs, monotonicMs: () => nowMs, after: () => () => undefined }
  const recorder = new Recorder({ add: (line) => lines.push(line), hold: () => () => undefined }, plainWording, clock)

  const add = <E extends JournalEvent>(event: E, fields: JournalEvents[E], about?: typeof ABOUT): void => {
    nowMs += 5
    recorder.add(event, fields, about)
    lines.push((lines.pop() ?? '').replace(`"pid":${process.pid},`, '"pid":4711,'))
  }
  const own = <E extends JournalEvent>(event: E, fields: JournalEvents[E]): void => add(event, fields, ABOUT)
  const later = (seconds: number): number => (nowMs += seconds * 1000)
  const written = (): string => {
    fs.writeFileSync(path.join(folder, 'a.journal'), `${lines.join('\n')}\n`)
    return 'a.journal'
  }
  const call = (...args: string[]) => relayout(['why', ...args, '--journal', written()], { cwd: folder })
  const why = (...args: string[]) => relayoutJson<Report>(['why', ...args, '--journal', written()], { cwd: folder })

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    nowMs = BEGIN_MS
    lines = []
  })

  afterEach(() => fs.rmSync(folder, { recursive: true }))

  const skipped = (times: number): void => {
    for (let i = 0; i < times; i++) {
      own('offer', OFFER)
      own('decision', SKIP)
      own('skip', { senders: ['main'], reason: 'main: office hours', retry: 900, held: false })
      later(900)
    }
  }

  it('has words for each of it', async () => {
    add('begin', { addresses: 'full', headers: ['subject'] })
    add('reload', { ...SCRIPT, version: 'bad00bad', kept: SCRIPT.version, error: 'it does not compile' })
    add('reload', SCRIPT)
    add('session', { phase: 'begin', sender: 'main', ...SCRIPT })
    own('offer', { ...OFFER, retries: 2, headers: ['Subject: hello'] })
    own('decision', { ...TAKE, warnings: ['Priority = "x" is not a number'], failures: ['relayout.lua:3: no idea'] })
    own('wait', { sender: 'main', priority: 99, waiting: 12 })
    add('lost', { records: 37, since: new Date(nowMs - 3).toISOString() })
    later(3.4)
    own('send', { sender: 'main', priority: 99, position: 1012, waited: 3.4 })
    own('unreachable', { sender: 'main', server: 'smtp.example.net', port: 587, reason: 'connect ECONNREFUSED' })
    own('wait', { sender: 'main', priority: 99, waiting: 1, reason: 'none of its relay servers could be reached' })
    own('connection', { ...PEER, address: '192.0.2.1', port: 587, reused: false })
    own('failure', {
      sender: 'main',
      function: 'ServerConnected',
      kind: 'runtime',
      file: 'relayout.lua',
      message: 'x:3: no',
    })
    own('returnpath', { sender: 'main', server: PEER.server, from: 'joe@example.com', sent: 'other@example.com' })
    own('batv', { sender: 'main', server: PEER.server, refused: '550 no such sender', sentUntagged: true })
    const reply = { ...PEER, stage: 'mail', command: 'MAIL FROM:<joe@example.com>', reply: ['250 ok'] } as const
    own('reply', { ...reply, outcome: 'invalid', returned: 'nonsense', warnings: ['it is no reply'] })
    own('reply', { ...reply, outcome: 'refused', returned: '250 ok', warnings: [] })
    own('warning', { sender: 'main', server: PEER.server, text: 'the server is slow' })
    own('part', { sender: 'main', left: 1 })
    own('reoffer', { sender: 'main', reason: 'the settings no longer have its sender' })
    own('duplicate', { file: FILE, reason: 'it is in hand' })
    own('pass', {})
    own('outcome', {
      outcome: 'held',
      reason: 'held: relayout.lua:3: no idea',
      delay: 60,
      told: [{ to: 'ann@example.net' }],
    })
    add('close', { ...PEER, messages: 1, recipients: 1, reason: 'ECONNRESET', failed: true })
    const { code, out } = await call(ABOUT.id)
    assert.equal(code, 0)
    assertGolden('why-seldom', out)
    const [found] = (await why(ABOUT.id)).messages
    assert.equal(found?.attemptsBefore, 2)
    assert.deepEqual(
      found.records.filter(({ event }) => event === 'reload' || event === 'lost').map(({ event }) => event),
      ['reload', 'lost'],
    )
  })

  it('tells once what happened again and again, over midnight', async () => {
    skipped(12)
    own('offer', OFFER)
    own('decision', TAKE)
    own('wait', { sender: 'main', priority: 99, waiting: 0 })
    const { out } = await call(ABOUT.id)
    assertGolden('why-repeats', out)
    assert.equal((await why(ABOUT.id)).messages[0]?.records.length, 12 * 3 + 3)
  })

  it('says of a message in the queue when it is offered again', async () => {
    skipped(1)
    assert.match(flat(await call(ABOUT.id)), /in the queue: it is skipped, [^;]*; again at 2026-03-02 22:25:00/)
    add('session', { phase: 'begin', sender: 'main', ...SCRIPT })
    assert.match(flat(await call(ABOUT.id)), /it was due at 2026-03-02 22:25:00, and nothing was recorded since/)
    own('offer', { ...OFFER, to: ['ann@example.net', 'bob@example.net'] })
    own('decision', TAKE)
    own('outcome', { outcome: 'delivered', reason: '250 ok', told: [{ to: 'bob@example.net', said: '250 ok' }] })
    const out = flat(await call(ABOUT.id))
    assert.match(out, /in the queue: it is under way, [-: \d]+ not tried yet <ann@example\.net> delivered/)
  })

  it('leaves out what other processes lost, and what was lost at other times', async () => {
    add('lost', { records: 1, since: new Date(nowMs).toISOString() })
    skipped(1)
    own('outcome', { outcome: 'bounced', reason: 'no', told: [{ to: 'ann@example.net' }] })
    add('lost', { records: 2, since: new Date(nowMs + 1).toISOString() })
    add('lost', { records: 3, since: new Date(BEGIN_MS + 10).toISOString() })
    lines.push((lines.pop() ?? '').replace('"pid":4711', '"pid":4712'))
    assert.ok(!(await call(ABOUT.id)).out.includes('lost'))
  })

  it('says that another process went on with it, and takes its connections for others', async () => {
    add('begin', { addresses: 'full', headers: [] })
    own('connection', { ...PEER, reused: false })
    skipped(1)
    for (const event of ['begin', 'offer', 'connection'] as const) {
      if (event === 'begin') add(event, { addresses: 'full', headers: [] })
      else if (event === 'offer') own(event, { ...OFFER, file: FILE.replace('_0_', '_1_'), retries: 1 })
      else own(event, { ...PEER, reused: true })
      lines.push((lines.pop() ?? '').replace('"pid":4711', '"pid":4712'))
    }
    add('close', { ...PEER, messages: 1, recipients: 1, reason: 'idle', failed: false })
    const { out } = await call(ABOUT.id)
    assert.match(out, /offered again, after 1 failed attempt, by another process \(4712\)\n\s+file \d+_\d+_1_/)
    assert.match(out, /over connection 12 to smtp\.example\.net, used before/)
    assert.equal(out.match(/connection 12 is closed/g)?.length, 1)
  })

  it('is not told by a key alone that addresses are hashed', async () => {
    skipped(1)
    makeAddressKey(path.join(folder, 'a.journal'))
    assert.equal((await why('ann@example.net')).messages.length, 1)
    assert.equal((await call('bob@example.net')).code, 1)
  })

  it('says what it cannot look for when addresses are hashed from some time on', async () => {
    skipped(1)
    add('begin', { addresses: 'hashed', headers: [] })
    const { code, out, err } = await call('ann@example.net')
    assert.equal(code, 1)
    assert.match(out, /office hours/)
    assert.match(err, /^the addresses in a\.journal are hashed, and a\.journal\.key, .* there is no such file/)
    assert.equal((await call(ABOUT.id)).code, 0)
  })

  it('hides no lost records among what repeats itself', async () => {
    skipped(5)
    add('lost', { records: 37, since: new Date(nowMs).toISOString() })
    skipped(5)
    const { out } = await call(ABOUT.id)
    assert.match(out, /37 records lost/)
    assert.equal(out.match(/times more/g)?.length, 2)
  })

  it('reads records that are written in another way, too', async () => {
    skipped(1)
    lines = lines.map((line) => {
      const { v, t, event, pid, ...rest } = JSON.parse(line) as JournalRecord
      return ` ${JSON.stringify({ ...rest, pid, event, t, v })} `
    })
    assert.equal((await why(ABOUT.item)).messages[0]?.records.length, 3)
  })
})
