/** `relayout why` on an item whose recipients fare differently: each one's fate at every moment, in one account. */
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

[sender.main]
host=${host}
max_messages_per_connection=2
idle_timeout=30s
`

const SCRIPT = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath)
  if ReturnPath == "" then Actions.SkipSend, Actions.Reason, Actions.RetryAfter = true, "no bounces", 86400 end
  return Actions
end
`

const TO = ['ann@example.net', 'gone@example.net', 'later@example.net']

interface Report {
  readonly messages: readonly {
    item: string
    state: string
    doing?: string
    endedAt?: string
    recipients: readonly { to: string; state: string; said?: string }[]
  }[]
}

describe('relayout why, of an item with several recipients', function () {
  this.timeout(60_000)
  let folder: string
  let records: readonly JournalRecord[]
  let item: string
  /** The journal as it was after the first such record. */
  const writeUntil = (isLast: (record: JournalRecord) => boolean): void => {
    const end = records.findIndex(isLast)
    assert.ok(end >= 0)
    write(records.slice(0, end + 1))
  }
  const write = (some: readonly JournalRecord[]): void =>
    fs.writeFileSync(path.join(folder, 'a.journal'), some.map((record) => `${JSON.stringify(record)}\n`).join(''))
  const call = () => relayout(['why', item, '--journal', 'a.journal'], { cwd: folder })
  const why = async () => {
    const report = await relayoutJson<Report>(['why', item, '--journal', 'a.journal'], { cwd: folder })
    assertSchema('why', report)
    const [found, ...others] = report.messages
    assert.ok(found)
    assert.deepEqual(others, [])
    return { ...found, fates: found.recipients.map(({ state }) => state) }
  }
  const isOutcome =
    (outcome: string) =>
    (record: JournalRecord): boolean =>
      record.event === 'outcome' && record.outcome === outcome

  before(async () => {
    let asked = 0
    const rcpt = {
      byAddress: {
        'gone@example.net': '550 5.1.1 No such user',
        'later@example.net': () => (asked++ === 0 ? '450 4.2.1 Greylisted' : '250 2.1.5 recipient ok'),
      },
    }
    const config = { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' }
    const { settled } = await recordJournal(
      { ini: INI, script: SCRIPT, relay: { rcpt }, config },
      async (recording) => {
        await recording.scene.submit({ from: 'joe@example.com', to: TO, data: plainMessage('hello') })
        await recording.recorded('outcome', 4)
        await recording.recorded('close', 1)
      },
    )
    records = settled
    item = records.find(({ event }) => event === 'offer')?.item ?? ''
  })

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))))

  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('tells of one that was delivered, one that was refused, and one that was deferred and then delivered', async () => {
    write(records)
    const { code, out } = await call()
    assert.equal(code, 0)
    assertGolden('why-recipients', out)
    const found = await why()
    assert.deepEqual([found.state, found.fates], ['delivered and bounced', ['delivered', 'bounced', 'delivered']])
    assert.deepEqual(
      found.recipients.map(({ to }) => to),
      TO,
    )
    assert.equal(found.recipients[1]?.said, '550 5.1.1 No such user')
    assert.equal(found.endedAt, records.findLast(isOutcome('delivered'))?.t)
  })

  it('has it in the queue until the last of them is done with', async () => {
    writeUntil(isOutcome('delivered'))
    let found = await why()
    assert.deepEqual(
      [found.state, found.doing, found.fates],
      ['in the queue', 'under way', ['delivered', 'queued', 'queued']],
    )
    writeUntil(isOutcome('bounced'))
    found = await why()
    assert.deepEqual(
      [found.state, found.doing, found.fates],
      ['in the queue', 'under way', ['delivered', 'bounced', 'queued']],
    )
    writeUntil(isOutcome('deferred'))
    found = await why()
    assert.deepEqual(
      [found.state, found.doing, found.fates],
      ['in the queue', 'deferred', ['delivered', 'bounced', 'deferred']],
    )
    assertGolden('why-recipients-waiting', (await call()).out)
    writeUntil((record) => record.event === 'offer' && record.item === item && record.retries === 1)
    found = await why()
    assert.deepEqual(
      [found.state, found.doing, found.fates],
      ['in the queue', 'offered', ['delivered', 'bounced', 'deferred']],
    )
  })

  it('tells what was lost while one of them was left', async () => {
    writeUntil(isOutcome('delivered'))
    const { t, pid } = records.findLast(isOutcome('delivered')) ?? assert.fail()
    const lost = { v: 1, t, event: 'lost', pid, records: 3, since: t }
    fs.appendFileSync(path.join(folder, 'a.journal'), `${JSON.stringify(lost)}\n`)
    assert.match((await call()).out, /3 records lost/)
  })

  it('says that it does not know how it ended when only the end of its records is left', async () => {
    write(records.filter((record) => record.item === item && record.event === 'reply').slice(-1))
    assert.deepEqual((await why()).state, 'unknown')
    assert.match((await call()).out, /\n {3}ended {4}not recorded\n/)
  })
})
