import assert from 'node:assert/strict'

import { HarakaInstance, until } from '../support/haraka-instance.js'
import { subjects } from '../support/scene.js'
import {
  type PlainAnswer,
  type RelayRequest,
  type ScriptedRelay,
  type ScriptedRelayOptions,
  startScriptedRelay,
} from '../support/scripted-relay.js'
import { plainMessage, submit } from '../support/submit.js'

const COUNT = 100

const from = (i: number): string => `joe@s${i}.example.com`

/** Every seventh time, where the connection carried a message before. */
const nowAndThen =
  (answer: PlainAnswer) =>
  ({ nth, connection }: RelayRequest): PlainAnswer =>
    nth % 7 === 6 && connection.commands.includes('.') ? answer : undefined

const CASES: Readonly<Record<string, ScriptedRelayOptions>> = {
  'answers MAIL with 421 and closes': { mail: nowAndThen({ reply: '421 4.3.2 enough', then: 'close' }) },
  'answers MAIL with 421 and waits': { mail: nowAndThen('421 4.3.2 enough') },
  'closes instead of answering MAIL': { mail: nowAndThen({ raw: '', then: 'close' }) },
  'resets instead of answering MAIL': { mail: nowAndThen({ raw: '', then: 'reset' }) },
  'closes after its 250 to a message': { endOfData: nowAndThen({ reply: '250 2.0.0 queued', then: 'close' }) },
  'adds a 421 to its 250 to a message': {
    endOfData: nowAndThen({ reply: '250 2.0.0 queued', raw: '421 4.3.2 enough\r\n', then: 'close' }),
  },
}

describe('a relay server that now and then', function () {
  this.timeout(60_000)
  const relays: ScriptedRelay[] = []
  let haraka: HarakaInstance

  before(async () => {
    for (const relay of Object.values(CASES)) relays.push(await startScriptedRelay(relay))
    haraka = await HarakaInstance.start({
      ini: `[main]\nsession_idle=100ms\n${relays
        .map(
          ({ port }, i) =>
            `[sender.s${i}]\nhost=127.0.0.1:${port}\nfilter[]=From: ${from(i)}\nmax_connections=3\nidle_timeout=200ms\n`,
        )
        .join('')}`,
    })
    await submit(
      haraka.port,
      relays.flatMap((_, i) =>
        Array.from({ length: COUNT }, (_, n) => ({
          from: from(i),
          to: ['ann@example.net'],
          data: plainMessage(`n${n}`),
        })),
      ),
    )
    await until('the queue is empty', () => haraka.queue().length === 0)
  })

  after(async () => {
    await haraka.remove()
    for (const relay of relays) await relay.close()
  })

  Object.keys(CASES).forEach((name, i) => {
    it(`${name}: each message is delivered once, none fails, and no slot is lost`, async () => {
      const relay = relays[i]!
      assert.deepEqual(subjects(relay).sort(), Array.from({ length: COUNT }, (_, n) => `n${n}`).sort())
      assert.ok(relay.maxOpen <= 3, `${relay.maxOpen} connections at one time`)
      const failures = haraka.output.split('\n').filter((line) => /Temp failing|fails=[1-9]/.test(line))
      assert.deepEqual(failures, [])
      // The session lives as long as a delivery is not over.
      const begun = () => haraka.events.filter((line) => line.includes(` session event=begin sender=s${i} `)).length
      const ended = () => haraka.events.filter((line) => line.includes(` session event=end sender=s${i} `)).length
      await until('each session has ended', () => begun() === ended(), 10_000)
    })
  })
})
