/**
 * The disk of the queue folder is full, or read-only, at one stage of a message's life, and is usable again later: the
 * message is delivered or bounced once, and nobody is told that it failed who need not be.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import type { JournalRecord } from '../../lib/journal/records.js'
import { identified } from '../accounting/identity.js'
import { assertBalanced, Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { type PlainAnswer, type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'
import { QueueDisk, whyNoQueueDisk } from './queue-disk.js'

/** Flushes the queue for a domain, as `haraka --qunstick` does, when a sender asks for it. */
const FLUSH = `
exports.hook_mail = function (next, connection, params) {
  if (params[0].user === 'flush') this.haraka_require('outbound').flush_queue('x.test')
  next()
}
`

/** Haraka names a file that it could not write while it removes it: which of both is first, is not left to chance. */
const SLOW_UNLINK = `
const fs = require('node:fs/promises')
const unlink = fs.unlink
fs.unlink = (name) => new Promise((resolve) => setTimeout(resolve, 100)).then(() => unlink(name))
`

const FAULTS = {
  full: { begin: (disk: QueueDisk) => disk.fill(), end: (disk: QueueDisk) => disk.free() },
  'read-only': { begin: (disk: QueueDisk) => disk.readOnly(), end: (disk: QueueDisk) => disk.writable() },
} as const

type FaultName = keyof typeof FAULTS

interface Case {
  readonly name: string
  readonly recipients: readonly string[]
  /** When the relay server is asked about that recipient, or at the end of that transaction. */
  readonly at: { readonly rcpt: string } | { readonly endOfData: number }
  readonly rcpt?: (address: string, again: boolean) => PlainAnswer
  readonly bounces?: readonly string[]
  /** What the log says while the disk is out of use, for each fault; undefined: nothing of that is needed. */
  readonly logged: Readonly<Record<FaultName, RegExp | undefined>>
}

const STALE = /RELAYOUT_E_QUEUE_FILE_STALE|cannot be brought up to date/
const STAYS = /cannot be removed from the queue folder/
const NAME = /cannot be renamed for its next attempt/
const NO_BOUNCE = /The bounce for \S+ cannot be queued/

const CASES: readonly Case[] = [
  {
    name: 'when a message is acknowledged',
    recipients: ['a'],
    at: { endOfData: 0 },
    logged: { full: undefined, 'read-only': STAYS },
  },
  {
    name: 'between two parts of a message',
    recipients: ['a', 'b', 'c', 'd', 'e'],
    at: { endOfData: 0 },
    logged: { full: STALE, 'read-only': STALE },
  },
  {
    name: 'when one of its recipients was deferred',
    recipients: ['a', 'late'],
    at: { endOfData: 0 },
    rcpt: (address, again) => (address.startsWith('late') && !again ? '450 4.2.1 later' : undefined),
    logged: { full: STALE, 'read-only': NAME },
  },
  {
    name: 'when one of its recipients was refused, and one deferred',
    recipients: ['a', 'never', 'late'],
    at: { endOfData: 0 },
    rcpt: (address, again) =>
      address.startsWith('never')
        ? '550 5.1.1 unknown'
        : address.startsWith('late') && !again
          ? '450 4.2.1 later'
          : undefined,
    bounces: ['never'],
    logged: { full: NO_BOUNCE, 'read-only': NO_BOUNCE },
  },
  {
    name: 'when all its recipients are refused',
    recipients: ['never', 'not'],
    at: { rcpt: 'not' },
    rcpt: () => '550 5.1.1 unknown',
    bounces: ['never', 'not'],
    logged: { full: NO_BOUNCE, 'read-only': NO_BOUNCE },
  },
  {
    name: 'when all of it is deferred',
    recipients: ['late'],
    at: { rcpt: 'late' },
    rcpt: (_, again) => (again ? undefined : '450 4.2.1 later'),
    logged: { full: undefined, 'read-only': NAME },
  },
]

describe('the disk of the queue folder', function () {
  this.timeout(90_000)
  let haraka: HarakaInstance
  let disk: QueueDisk
  let relay: ScriptedRelay
  let dsns: ScriptedRelay
  const cleanUp: (() => unknown)[] = []
  let number = 0

  before(async function () {
    const why = whyNoQueueDisk()
    if (why !== undefined) {
      console.log(`      ${why}: how mail fares on a full disk is not tried`)
      this.skip()
    }
    relay = await startScriptedRelay()
    dsns = await startScriptedRelay()
    cleanUp.push(() => relay.close())
    cleanUp.push(() => dsns.close())
    haraka = await HarakaInstance.create({
      ini:
        `[main]\ncollect=10ms\nskip_retry=1s\njournal=disk/journal\n[sender.dsn]\nhost=127.0.0.1:${dsns.port}\n` +
        `filter[]=From: <>\n[sender.main]\nhost=127.0.0.1:${relay.port}\nmax_connections=1\nmax_recipients_per_message=3\n`,
      config: { 'outbound.ini': 'temp_fail_intervals=1h*9\n' },
      plugins: { flush: FLUSH, soon: `exports.hook_deferred = (next) => next(DENYSOFT, '1')` },
    })
    cleanUp.push(() => haraka.remove())
    disk = new QueueDisk(haraka)
    cleanUp.push(() => disk.remove())
    cleanUp.push(() => haraka.stop())
    await haraka.start()
  })
  after(async () => {
    for (const clean of cleanUp.reverse()) await clean()
  })
  afterEach(() => {
    disk.writable()
    disk.free()
  })

  const queued = (): string[] => haraka.queue().filter((name) => /^\d/.test(name))

  for (const fault of Object.keys(FAULTS) as FaultName[]) {
    const { begin, end } = FAULTS[fault]

    for (const bytes of [0, 300_000])
      it(`${fault} when a message of ${bytes} bytes comes in: the client is told to come again, and nothing is kept`, async () => {
        begin(disk)
        for (let i = 0; i < 10; i++) {
          const letter = identified(`in${++number}`, 'joe@example.com', [`in${number}@x.test`], bytes)
          await assert.rejects(submit(haraka.port, [letter]), /end of data was answered 4/)
        }
        end(disk)
        const sent = relay.messages.length
        const last = `in${++number}`
        await submit(haraka.port, [identified(last, 'joe@example.com', [`${last}@x.test`], bytes)])
        await relay.waitFor(sent + 1)
        await until('the queue is empty', () => queued().length === 0)
        assert.deepEqual(
          relay.messages.slice(sent).map(({ rcptTo }) => rcptTo),
          [[`${last}@x.test`]],
        )
      })

    for (const { name, recipients, at, rcpt, bounces = [], logged } of CASES)
      it(`${fault} ${name}: everybody has it once, or is told once that it failed`, async () => {
        const message = `m${++number}`
        const address = (local: string): string => `${local}.${message}@x.test`
        const to = recipients.map(address)
        const [sent, bounced, from] = [relay.messages.length, dsns.messages.length, haraka.output.length]
        const known = new Set<string>()
        const strike = { due: true }
        const begins = (): void => {
          if (strike.due) begin(disk)
          strike.due = false
        }
        let transactions = 0
        relay.set({
          rcpt: ({ address }) => {
            if ('rcpt' in at && address.startsWith(at.rcpt)) begins()
            const again = known.has(address)
            known.add(address)
            return rcpt?.(address, again)
          },
          endOfData: () => {
            if ('endOfData' in at && transactions === at.endOfData) begins()
            transactions++
            return undefined
          },
        })
        const ledger = new Ledger()
        ledger.handedOver(message, to)
        await submit(haraka.port, [identified(message, 'joe@example.com', to)])
        await until('the disk is out of use', () => !strike.due)
        const pattern = logged[fault]
        if (pattern) await haraka.waitForLog(pattern, from)
        // What waits for its next attempt has it while the disk is out of use.
        if (pattern === NO_BOUNCE || pattern === NAME)
          await until('it is tried again', () => known.size > 0 && transactions + known.size > 1)
        await submit(haraka.port, []) // Haraka lives
        end(disk)
        await until('the queue is empty', () => queued().length === 0)
        seeBounced(ledger, { ...dsns, port: dsns.port, messages: dsns.messages.slice(bounced) })
        seeDelivered(ledger, { ...relay, port: relay.port, messages: relay.messages.slice(sent) })
        seeQueued(ledger, haraka.queued())
        const account = ledger.account()
        assertBalanced(account, haraka.output.slice(from))
        assert.equal(account.twice.length, 0)
        for (const local of recipients)
          assert.equal(
            ledger.sightings(address(local))[0]?.fate,
            bounces.includes(local) ? 'bounced' : 'delivered',
            local,
          )
      })
  }

  it('does not send again what it cannot remove, whoever asks for it', async () => {
    const sent = relay.messages.length
    const from = haraka.output.length
    relay.set({ rcpt: undefined, endOfData: () => (disk.readOnly(), undefined) })
    await submit(haraka.port, [identified('stays', 'joe@example.com', ['stays@x.test'])])
    await haraka.waitForLog(STAYS, from)
    relay.set({ endOfData: undefined })
    await assert.rejects(submit(haraka.port, [identified('flush', 'flush@example.com', ['flush@y.test'])]))
    await haraka.waitForLog(/duplicate .*a second time/, from)
    disk.writable()
    await until('the queue is empty', () => queued().length === 0)
    assert.deepEqual(
      relay.messages.slice(sent).map(({ rcptTo }) => rcptTo),
      [['stays@x.test']],
    )
  })

  it('goes on with the journal when there is room again: a line of which only a part got there follows whole', async () => {
    const file = path.join(haraka.folder, 'disk', 'journal')
    const lines = (): string[] => fs.readFileSync(file, 'latin1').split('\n').slice(0, -1)
    const parsed = (line: string): JournalRecord | undefined => {
      try {
        return JSON.parse(line) as JournalRecord
      } catch {
        return undefined
      }
    }
    const isOfStays = (line: string): boolean => {
      const record = parsed(line)
      return record?.event === 'outcome' && record.told.some(({ to }) => to === 'stays@x.test')
    }
    await until('the last outcome is in the journal', () => lines().some(isOfStays))
    const all = lines()
    all.forEach((part, i) => {
      const isWholeLater = all.slice(i + 1).some((line) => line.startsWith(part) && parsed(line))
      assert.ok(part === '' || parsed(part) !== undefined || isWholeLater, `line ${i + 1} is ${part}`)
    })
  })
})

describe('Haraka names a queue file that it could not write', function () {
  this.timeout(90_000)

  for (const [relayout, told] of [
    [true, /^Error: end of data was answered 450 /],
    [false, /^250 /], // should this fail one day, Haraka has mended it
  ] as const)
    it(relayout ? 'never, with the plugin' : 'and says that it was queued, alone', async function () {
      if (whyNoQueueDisk() !== undefined) this.skip()
      const haraka = await HarakaInstance.create({ relayout, plugins: { slow: SLOW_UNLINK } })
      const disk = new QueueDisk(haraka)
      try {
        await haraka.start()
        disk.fill()
        for (const bytes of [0, 300_000]) {
          const letter = identified(`lost${bytes}`, 'joe@example.com', ['lost@x.test'], bytes)
          const said = await submit(haraka.port, [letter]).then(String, String)
          assert.match(said, told)
        }
        if (relayout) await until('nothing is left in the queue folder', () => haraka.queue().length === 0)
      } finally {
        await haraka.stop()
        disk.remove()
        await haraka.remove()
      }
    })
})
