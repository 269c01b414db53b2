import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import {
  type PlainAnswer,
  type RelayRequest,
  type ScriptedRelay,
  startScriptedRelay,
} from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const PARTS = 10
const SIZE = 10

/** `user30` to `user39` are part 4 of 10. */
const part = (number: number): string[] =>
  Array.from({ length: SIZE }, (_, i) => `user${(number - 1) * SIZE + i}@example.net`)
const parts = (...numbers: number[]): string[] => numbers.flatMap(part)
const ALL = parts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
const without = (...gone: readonly string[]): string[] => ALL.filter((recipient) => !gone.includes(recipient))

/** What the relay server says, by the number of the part and the recipient. */
type Says = (part: number, address: string) => PlainAnswer

interface Case {
  readonly name: string
  readonly from?: string
  readonly mail?: Says
  readonly rcpt?: Says
  readonly endOfData?: Says
  readonly onBody?: Says
  readonly body?: string
  readonly delivered: readonly string[]
  /** The recipients of the one item that is left in the queue, with one attempt. */
  readonly queued?: readonly string[]
  /** The recipients that each bounce names. */
  readonly bounced?: readonly (readonly string[])[]
}

const when =
  (number: number, answer: PlainAnswer): Says =>
  (part) =>
    part === number ? answer : undefined

const CASES: readonly Case[] = [
  {
    name: '450 for one recipient of part 3 and 550 for one of part 5: those alone wait and bounce',
    rcpt: (_, address) =>
      new Map([
        ['user25@example.net', '450 4.2.1 later'],
        ['user47@example.net', '550 5.1.1 unknown'],
      ]).get(address),
    delivered: without('user25@example.net', 'user47@example.net'),
    queued: ['user25@example.net'],
    bounced: [['user47@example.net']],
  },
  {
    name: '450 for all recipients of part 3: that part waits, the others are delivered in this attempt',
    rcpt: when(3, '450 4.2.1 later'),
    delivered: without(...part(3)),
    queued: part(3),
  },
  {
    name: '550 for all recipients of part 3: that part bounces, the others are delivered',
    rcpt: when(3, '550 5.1.1 unknown'),
    delivered: without(...part(3)),
    bounced: [part(3)],
  },
  {
    name: '450 and 550 for all recipients of the last part',
    rcpt: (part, address) => (part < PARTS ? undefined : /[02468]@/.test(address) ? '450 4.2.1 later' : '550 5.1.1 no'),
    delivered: without(...part(10)),
    queued: part(10).filter((recipient) => /[02468]@/.test(recipient)),
    bounced: [part(10).filter((recipient) => /[13579]@/.test(recipient))],
  },
  {
    name: '451 to the end of data of part 4: it and those after it wait, those before are done',
    endOfData: when(4, '451 4.3.0 later'),
    delivered: parts(1, 2, 3),
    queued: parts(4, 5, 6, 7, 8, 9, 10),
  },
  {
    name: '552 to the end of data of part 4: the bounce names that part alone, the others are delivered',
    endOfData: when(4, '552 5.3.4 too big'),
    delivered: without(...part(4)),
    bounced: [part(4)],
  },
  {
    name: '450 for one recipient of part 4 and 554 to its end of data: the one waits, the part bounces without it',
    rcpt: (_, address) => (address === 'user33@example.net' ? '450 4.2.1 later' : undefined),
    endOfData: when(4, '554 5.7.1 spam'),
    delivered: without(...part(4)),
    queued: ['user33@example.net'],
    bounced: [part(4).filter((recipient) => recipient !== 'user33@example.net')],
  },
  {
    name: '450 for one recipient of part 4 and 451 to its end of data, on the last try: that part bounces, the others are delivered',
    from: 'last@example.org',
    rcpt: (_, address) => (address === 'user33@example.net' ? '450 4.2.1 later' : undefined),
    endOfData: when(4, '451 4.3.0 later'),
    delivered: without(...part(4)),
    bounced: [part(4).filter((recipient) => recipient !== 'user33@example.net'), ['user33@example.net']],
  },
  {
    name: 'the connection is lost after the whole of part 6, on the last try: that part bounces, the others are delivered',
    from: 'last@example.org',
    endOfData: when(6, { then: 'reset' }),
    delivered: without(...part(6)),
    bounced: [part(6)],
  },
  {
    name: '451 to MAIL of part 3: it and those after it wait',
    mail: when(3, '451 4.3.0 later'),
    delivered: parts(1, 2),
    queued: parts(3, 4, 5, 6, 7, 8, 9, 10),
  },
  {
    name: '550 to MAIL of part 3: that part bounces, the others are delivered',
    mail: when(3, '550 5.7.1 not from you'),
    delivered: without(...part(3)),
    bounced: [part(3)],
  },
  {
    name: 'null return path and 550 to MAIL of part 3: that part is dropped without a bounce, the others are delivered',
    from: '',
    mail: when(3, '550 5.7.1 no bounces'),
    delivered: without(...part(3)),
  },
  {
    name: 'null return path and 550 for some recipients of part 3: they are dropped, the others are delivered',
    from: '',
    rcpt: (_, address) => (/^user2[357]@/.test(address) ? '550 5.1.1 unknown' : undefined),
    delivered: without('user23@example.net', 'user25@example.net', 'user27@example.net'),
  },
  {
    name: 'the connection is lost after the whole of part 6: it and those after it wait, those before are done',
    endOfData: when(6, { raw: '', then: 'reset' }),
    delivered: parts(1, 2, 3, 4, 5),
    queued: parts(6, 7, 8, 9, 10),
  },
  {
    name: 'the connection is dropped in the message of part 6: it and those after it wait, those before are done',
    body: 'so long\r\n'.repeat(50_000),
    onBody: when(6, { raw: '', then: 'reset' }),
    delivered: parts(1, 2, 3, 4, 5),
    queued: parts(6, 7, 8, 9, 10),
  },
]

describe('a message in 10 parts', function () {
  this.timeout(60_000)
  let scene: Scene
  let dsns: ScriptedRelay

  before(async () => {
    dsns = await startScriptedRelay()
    scene = await openScene({
      script:
        'function CheckFile(f, actions, s, c, from) actions.ForceLastTry = from == "last@example.org" return actions end',
      ini: (host) =>
        `[sender.main]\nhost=${host}\nfilter[]=example.net\nmax_recipients_per_message=${SIZE}\n` +
        `[sender.dsn]\nhost=127.0.0.1:${dsns.port}\n`,
    })
  })

  after(async () => {
    await scene.remove()
    await dsns.close()
  })

  for (const [i, one] of CASES.entries()) {
    it(one.name, async () => {
      const { haraka, relay } = scene
      const [before, bouncesBefore] = [relay.messages.length, dsns.messages.length]
      let part = 0
      const says = (answer?: Says) => (request: RelayRequest) => answer?.(part, request.address)
      relay.set({
        mail: () => {
          part++
          return one.mail?.(part, '')
        },
        rcpt: says(one.rcpt),
        endOfData: says(one.endOfData),
        onBody: () => one.onBody?.(part, ''),
      })
      await scene.submit({
        from: one.from ?? 'joe@example.org',
        to: ALL,
        data: plainMessage(`case ${i}`, [], one.body),
      })

      const sent = () => relay.messages.slice(before).flatMap(({ rcptTo }) => rcptTo)
      const bounces = () => dsns.messages.slice(bouncesBefore)
      const queued = () => haraka.queued().filter(({ text }) => text.includes(`Subject: case ${i}\r\n`))
      const wanted = one.queued ? [{ recipients: one.queued, attempts: 1 }] : []
      await until('all that is to be sent is sent', () => sent().length >= one.delivered.length)
      await until('all bounces are sent', () => bounces().length >= (one.bounced?.length ?? 0))
      await until('the queue has only what is to wait', () => {
        const items = queued()
        return items.length === wanted.length && items.every(({ attempts }) => attempts > 0)
      })
      assert.deepEqual(sent().sort(), [...one.delivered].sort())
      const left = queued().map(({ rcpt_to, attempts }) => ({
        recipients: rcpt_to.map(({ original }) => original.slice(1, -1)).sort(),
        attempts,
      }))
      assert.deepEqual(left, wanted)
      const named = bounces().map(({ data }) =>
        [...data.toString().matchAll(/Final-Recipient: rfc822;(\S+)/g)].map(([, name]) => name),
      )
      assert.deepEqual(
        named.sort((a, b) => b.length - a.length),
        one.bounced ?? [],
      )
      assert.equal(new Set(relay.messages.slice(before).map(({ data }) => data.toString())).size, 1)
    })
  }
})
