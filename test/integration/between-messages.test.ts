/**
 * What a relay server does between two messages of a connection: no message is lost, doubled or charged with an attempt
 * for it, and no reply is taken for the one to another command. What is common to all stages of the dialogue is in
 * test/faults.
 */
import assert from 'node:assert/strict'

import { type Account, type ManyRelays, messageOf, openManyRelays, type RelayCase } from '../support/many-relays.js'
import type { Answer, AnswerObject, RelayConnectionRecord, ScriptedRelayOptions } from '../support/scripted-relay.js'

interface Case extends RelayCase {
  /** Of each message, all of the same fate where it is one word; what else it may be behind a slash. */
  readonly fates: readonly string[]
  /** Done to the connection of the first message when that is delivered, before the others are submitted. */
  readonly deed?: (connection: RelayConnectionRecord) => void
  /** How many connections there are in all. */
  readonly connections?: number
}

const DELIVERED = ['delivered', 'delivered', 'delivered']

const idle = (name: string, deed: (connection: RelayConnectionRecord) => void): Case => ({
  name: `idle-${name}`,
  deed,
  fates: DELIVERED,
  connections: 2,
})

const IDLE: readonly Case[] = [
  idle('421-and-stays', (connection) => connection.send('421 4.4.2 idle for too long\r\n')),
  idle('stray-354', (connection) => connection.send('354 what?\r\n')),
  idle('half-a-line', (connection) => connection.send('2')),
]

/** The answer to the end of the message, the next message waiting already. */
const busy = (name: string, answer: AnswerObject, more: Partial<Case> = {}): Case => ({
  name: `busy-${name}`,
  relay: { endOfData: ({ nth }) => (nth === 0 ? answer : undefined) },
  fates: DELIVERED,
  connections: 2,
  ...more,
})

const OK = { reply: '250 2.0.0 queued' }

const BUSY: readonly Case[] = [
  busy('closes', { ...OK, then: 'close' }),
  busy('421-behind', { ...OK, raw: '421 4.3.2 bye\r\n', then: 'close' }),
  busy('421-behind-and-stays', { ...OK, raw: '421 4.3.2 bye\r\n' }),
  busy('stray-behind', { ...OK, raw: '250 2.0.0 queued\r\n' }),
  busy('half-behind', { ...OK, raw: '250-' }),
  // What was answered may be lost by a reset: sent again then, never lost.
  busy('resets', { ...OK, then: 'reset' }, { fates: ['delivered/delivered+queued', 'delivered', 'delivered'] }),
  {
    name: 'busy-closes-after-each-second',
    messages: 9,
    relay: { endOfData: ({ nth }) => (nth % 2 === 1 ? { ...OK, then: 'close' } : undefined) },
    fates: Array.from({ length: 9 }, () => 'delivered'),
    connections: 5,
  },
  {
    name: 'busy-421-to-each-second-mail',
    messages: 8,
    relay: { mail: secondMail({ reply: '421 4.7.0 one message a connection', then: 'close' }) },
    fates: Array.from({ length: 8 }, () => 'delivered'),
    connections: 8,
  },
  {
    name: 'busy-closes-on-each-second-mail',
    messages: 8,
    relay: { mail: secondMail({ then: 'close' }) },
    fates: Array.from({ length: 8 }, () => 'delivered'),
    connections: 8,
  },
  {
    name: 'busy-resets-on-each-second-mail',
    messages: 8,
    relay: { mail: secondMail({ then: 'reset' }) },
    fates: Array.from({ length: 8 }, () => 'delivered'),
    connections: 8,
  },
  {
    name: 'busy-closes-on-mail-from-then-on',
    relay: { mail: ({ nth }) => (nth === 0 ? undefined : { then: 'close' }) },
    fates: ['delivered', 'queued', 'queued'],
    connections: 3,
  },
]

/** One message a connection. */
function secondMail(answer: AnswerObject): Answer {
  return ({ connection }) => (connection.commands.includes('.') ? answer : undefined)
}

/** A reply nobody asked for that comes when the next message is under way already. It may be deferred, but no more. */
const LATE: readonly Case[] = [1, 3, 10].map((ms) => ({
  name: `late-stray-${ms}`,
  messages: 6,
  relay: {
    endOfData: ({ connection }) => {
      setTimeout(() => connection.send('250 2.0.0 queued\r\n'), ms)
      return undefined
    },
  },
  fates: Array.from({ length: 6 }, () => 'delivered/queued'),
}))

/** All recipients of the second message are refused, so that there is a transaction to reset. */
const reset = (name: string, rset: Answer, connections: number, ini = ''): Case => ({
  name: `rset-${name}`,
  relay: {
    rcpt: ({ address }) => (/^[ab]1@/.test(address) ? '550 5.1.1 unknown' : undefined),
    rset,
  },
  ini,
  fates: ['delivered', 'bounced', 'delivered'],
  connections,
})

const RSET: readonly Case[] = [
  reset('accepted', undefined, 1),
  reset('accepted-one-by-one', undefined, 1, 'pipelining=false'),
  reset('421', '421 4.3.2 bye', 2),
  reset('354', '354 go on', 2),
  reset('accepted-and-closes', { reply: '250 reset', then: 'close' }, 2),
]

const GROUPS: readonly Case[] = [
  { name: 'group-joined', relay: { packets: 'joined' }, fates: DELIVERED, connections: 1 },
  { name: 'group-bytes', relay: { packets: 'bytes' }, fates: DELIVERED, connections: 1 },
  {
    name: 'group-one-reply-too-many',
    relay: group('250 mail\r\n250 a\r\n250 b\r\n250 extra\r\n'),
    fates: ['delivered', 'queued', 'delivered'],
  },
  {
    name: 'group-one-refusal-too-many',
    relay: group('250 mail\r\n250 a\r\n250 b\r\n550 extra\r\n'),
    fates: ['delivered', 'queued', 'delivered'],
  },
  {
    name: 'group-refused-and-one-reply-too-many',
    relay: group('550 mail\r\n503 a\r\n503 b\r\n250 extra\r\n'),
    fates: ['delivered', 'bounced', 'delivered'],
    connections: 2,
  },
  {
    name: 'group-one-reply-too-few',
    relay: group('250 mail\r\n250 a\r\n'),
    fates: ['delivered', 'queued', 'delivered'],
  },
  {
    name: 'group-closes-with-last-reply',
    relay: { rcpt: ({ address }) => (address.startsWith('b1@') ? { reply: '250 ok', then: 'close' } : undefined) },
    fates: ['delivered', 'queued', 'delivered'],
    connections: 2,
  },
  {
    name: 'group-too-many-recipients',
    recipients: (k) => Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `${letter}${k}`),
    relay: { rcpt: ({ address }) => (address > 'm' ? '452 4.5.3 too many recipients' : undefined) },
    fates: ['delivered queued', 'delivered queued', 'delivered queued'],
    connections: 1,
  },
]

function group(replies: string): ScriptedRelayOptions {
  return {
    mail: ({ connection }) => (messageOf(connection) === 1 ? { raw: replies } : undefined),
    rcpt: ({ connection }) => (messageOf(connection) === 1 ? { silent: true } : undefined),
  }
}

const CASES = [...IDLE, ...BUSY, ...LATE, ...RSET, ...GROUPS]

describe('a relay server between messages', function () {
  this.timeout(120_000)
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays(CASES, { sender: 'max_connections=1\nreply_timeout=1s\nidle_timeout=1m' })
    const idling = CASES.filter(({ deed }) => deed)
    await scene.submit(
      0,
      1,
      idling.map(({ name }) => name),
    )
    await scene.settled()
    for (const { name, deed } of idling) deed?.(scene.relay(name).connections[0]!)
    await scene.submit(
      1,
      Infinity,
      idling.map(({ name }) => name),
    )
    await scene.submit(
      0,
      Infinity,
      CASES.filter(({ deed }) => !deed).map(({ name }) => name),
    )
    account = await scene.settled()
  })
  after(() => scene.remove())

  for (const { name, fates, connections } of CASES)
    it(`${name}: ${[...new Set(fates)].join(', ')}`, () => {
      fates.forEach((expected, k) => {
        const fate = account.fateOf(name, k)
        assert.ok(expected.split('/').includes(fate), `message ${k} is ${fate} instead of ${expected}`)
      })
      const relay = scene.relay(name)
      assert.equal(scene.mostOpen(name), 1)
      if (connections !== undefined) assert.equal(relay.connections.length, connections)
      assert.deepEqual(account.wrong(name), [])
    })
})
