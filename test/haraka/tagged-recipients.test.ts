import assert from 'node:assert/strict'

import { expiryDay, signReturnPath } from '../../lib/batv/return-path.js'
import { fromBytes, toBytes } from '../../lib/core/byte-string.js'
import { Secret } from '../../lib/core/settings/secret.js'
import type { BatvKey, BatvSettings } from '../../lib/core/settings/settings.js'
import { EventLog } from '../../lib/haraka/event-log.js'
import type { HarakaPlugin, HarakaConnection } from '../../lib/haraka/shapes.js'
import { TaggedRecipients } from '../../lib/haraka/tagged-recipients.js'
import { FakeClock } from '../support/fake-clock.js'
import { Address, asLegacy } from '../support/haraka-address.js'

const KEY: BatvKey = { key: 1, secret: new Secret('hush') }
const OTHER: BatvKey = { key: 1, secret: new Secret('psst') }
const UNKNOWN: BatvKey = { key: 2, secret: new Secret('hush') }

const SETTINGS: BatvSettings = {
  enabled: true,
  signing: KEY,
  keys: [KEY],
  lifetimeDays: 7,
  require: false,
  domains: [],
  fallback: false,
}

const REQUIRE = { require: true, domains: ['example.com', 'xn--bcher-kva.example'] }

const DAY = 86_400_000

/** A tag made so many days ago. */
function tagged(address: string, key = KEY, daysAgo = 0, nowMs = new FakeClock().now()): string {
  return fromBytes(signReturnPath(toBytes(address), key, expiryDay(nowMs - daysAgo * DAY, 7)) ?? '')
}

interface Asked {
  readonly settings?: Partial<BatvSettings>
  readonly from?: string
  readonly relaying?: boolean
  /** The recipient as Haraka 3.3.0 has it. */
  readonly legacy?: boolean
}

function ask(to: string, { settings = {}, from = '', relaying = false, legacy = false }: Asked = {}) {
  const lines: string[] = []
  const log = (level: string) => (name: string, subject: { uuid: string }, fields: unknown) => {
    lines.push(`${level} ${subject.uuid} ${name}${JSON.stringify(fields)}`)
  }
  const plugin = { loginfo: log('info'), lognotice: log('notice'), logerror: log('error') } as unknown as HarakaPlugin
  const clock = new FakeClock()
  const recipient = new Address(`<${to}>`)
  const connection: HarakaConnection = {
    relaying,
    remote: { ip: '192.0.2.1' },
    notes: {},
    transaction: { uuid: 'AB.1', mail_from: new Address(`<${from}>`), notes: {} },
  }
  const answers: unknown[][] = []
  const tagged = new TaggedRecipients(new EventLog(plugin, clock), clock, () => ({ ...SETTINGS, ...settings }))
  tagged.check((...answer) => answers.push(answer), connection, legacy ? asLegacy(recipient) : recipient)
  assert.equal(answers.length, 1)
  return { recipient, reply: answers[0]?.length ? answers[0].join(' ') : undefined, lines }
}

/** What became of it: the address that the others see, or how it was refused. */
function outcome(to: string, asked: Asked = {}): string {
  const { recipient, reply, lines } = ask(to, asked)
  if (reply === undefined) return recipient.address
  assert.match(reply, /^902 5\.7\.1 [A-Z][ -~]{20,150}$/)
  return /"refused":"([^"]*)"/.exec(lines.join())?.[1] ?? 'unlogged'
}

describe('TaggedRecipients', () => {
  const joe = 'Joe+x@Example.com'

  it('takes a valid tag off, whoever sends, and leaves what Haraka would have made of the plain address', () => {
    for (const plain of [
      joe,
      '"a b"@example.com',
      'jürgen@bücher.example',
      'joe@[192.0.2.1]',
      'postmaster@example.com',
    ]) {
      for (const asked of [{}, { from: 'ann@example.net' }, { relaying: true }, { settings: REQUIRE }]) {
        const { recipient, reply } = ask(tagged(plain), asked)
        assert.equal(reply, undefined)
        assert.deepEqual({ ...recipient }, { ...new Address(`<${plain}>`) })
        assert.equal(recipient.format(false), `<${plain}>`)
      }
    }
  })

  it('refuses a bounce to a tag that is too old or was not made here', () => {
    assert.equal(outcome(tagged(joe, KEY, 7)), joe)
    assert.equal(outcome(tagged(joe, KEY, 8)), 'expired')
    assert.equal(outcome(tagged(joe, OTHER)), 'forged')
    assert.equal(outcome(tagged(joe, UNKNOWN)), 'unknown key')
    assert.equal(outcome(tagged(joe, OTHER), { settings: { keys: [KEY, OTHER] } }), joe)
  })

  it('takes an old tag of its own off for other mail, and leaves a foreign one to other plugins', () => {
    const from = 'list@example.net'
    assert.equal(outcome(tagged(joe, KEY, 300), { from }), joe)
    for (const key of [OTHER, UNKNOWN]) assert.equal(outcome(tagged(joe, key), { from }), tagged(joe, key))
  })

  it('does not refuse what a client sends that may relay', () => {
    const relaying = true
    for (const key of [OTHER, UNKNOWN]) assert.equal(outcome(tagged(joe, key), { relaying }), tagged(joe, key))
    assert.equal(outcome(tagged(joe, KEY, 8), { relaying }), joe)
    assert.equal(outcome(joe, { relaying, settings: REQUIRE }), joe)
  })

  it('refuses nothing to other domains than those given: another system may tag for them', () => {
    const settings = { domains: ['example.net', 'xn--bcher-kva.example'] }
    assert.equal(outcome(tagged(joe, OTHER), { settings }), tagged(joe, OTHER))
    assert.equal(outcome(tagged(joe, KEY, 8), { settings }), joe)
    assert.equal(outcome(tagged('joe@EXAMPLE.net', OTHER), { settings }), 'forged')
    assert.equal(outcome(tagged('joe@Bücher.example', OTHER), { settings }), 'forged')
  })

  it('refuses a bounce to an untagged address of the domains when tags are required', () => {
    const settings = REQUIRE
    for (const to of [joe, 'joe@BÜCHER.example', '"a b"@example.com'])
      assert.equal(outcome(to, { settings }), 'untagged')
    const long = `${'a'.repeat(49)}@example.com`
    for (const to of ['postmaster', 'Postmaster@example.com', '"postmaster"@example.com', 'joe@example.net', long]) {
      assert.equal(outcome(to, { settings }), to)
    }
    assert.equal(outcome(long.slice(1), { settings }), 'untagged')
    assert.equal(outcome(joe, { settings, from: 'ann@example.net' }), joe)
    assert.equal(outcome(joe, { settings: { ...REQUIRE, require: false } }), joe)
  })

  it('leaves all alone where there are no keys', () => {
    const settings = { keys: [], signing: undefined }
    for (const to of [tagged(joe), tagged(joe, OTHER), joe]) {
      const { recipient, reply, lines } = ask(to, { settings })
      assert.deepEqual([recipient.address, reply, lines], [to, undefined, []])
    }
  })

  it('does the same in Haraka 3.3.0, whose addresses have functions where there are texts now', () => {
    const asked = { legacy: true, settings: { ...REQUIRE, domains: ['example.com'] } }
    assert.deepEqual({ ...ask(tagged(joe), asked).recipient }, { ...new Address(`<${joe}>`) })
    assert.equal(outcome(tagged(joe, KEY, 8), asked), 'expired')
    assert.equal(outcome(joe, asked), 'untagged')
    assert.equal(outcome('joe@example.net', asked), 'joe@example.net')
    assert.deepEqual(ask(tagged(joe), asked).lines, ask(tagged(joe)).lines)
  })

  it('logs what it does under the uuid of the transaction, and nothing of mail without tags', () => {
    assert.deepEqual(ask(tagged(joe)).lines, [`info AB.1 untag {"tag":"valid","recipient":"${joe}","ip":"192.0.2.1"}`])
    const forged = tagged(joe, OTHER)
    assert.deepEqual(ask(forged).lines, [
      `notice AB.1 bounce {"refused":"forged","recipient":"${forged}","ip":"192.0.2.1"}`,
    ])
    assert.deepEqual(ask(joe).lines, [])
    assert.deepEqual(ask(forged, { from: 'ann@example.net' }).lines, [])
  })

  it('lets the recipient go on as it is when something unexpected happens, once, and says so', () => {
    const lines: unknown[] = []
    const clock = new FakeClock()
    const log = new EventLog({ logerror: (...data: unknown[]) => lines.push(data) } as unknown as HarakaPlugin, clock)
    const broken = new Address(`<${tagged(joe)}>`)
    broken.parse = () => {
      throw new Error('no such day')
    }
    const transaction = { uuid: 'AB.1', mail_from: new Address('<>'), notes: {} }
    const connection = { relaying: false, remote: { ip: '192.0.2.1' }, notes: {}, transaction }
    const answers: unknown[][] = []
    new TaggedRecipients(log, clock, () => SETTINGS).check((...answer) => answers.push(answer), connection, broken)
    assert.deepEqual(answers, [[]])
    assert.equal(broken.address, tagged(joe))
    assert.match(JSON.stringify(lines), /no such day/)
  })

  it('calls next once even when what comes next throws', () => {
    let calls = 0
    const next = (): void => {
      calls++
      throw new Error('in another plugin')
    }
    const clock = new FakeClock()
    const log = new EventLog({} as HarakaPlugin, clock)
    const connection = { relaying: false, remote: { ip: '' }, notes: {}, transaction: null }
    const check = new TaggedRecipients(log, clock, () => SETTINGS)
    assert.throws(() => check.check(next, connection, new Address('<joe@example.com>')), /in another plugin/)
    assert.equal(calls, 1)
  })
})
