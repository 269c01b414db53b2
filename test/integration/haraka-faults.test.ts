/**
 * Faults of Haraka that would be taken for ours (contract 10), each once with the plugin and once with Haraka alone,
 * where it still shows: should a row for Haraka alone fail one day, Haraka has mended it.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { type ScriptedRelay, type ScriptedRelayOptions, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'
import { gate } from '../support/transactions.js'

/** Flushes the queue for a domain, as `haraka --qunstick` does, whenever a client comes. */
const FLUSH = `
exports.hook_ehlo = function (next) {
  this.haraka_require('outbound').flush_queue('example.net')
  next()
}
`

const route = (relay: ScriptedRelay, dsns: ScriptedRelay): string => `
exports.hook_get_mx = (next, hmail, domain) =>
  next(OK, { exchange: '127.0.0.1', port: domain === 'example.net' ? ${relay.port} : ${dsns.port} })
`

interface Scene {
  readonly haraka: HarakaInstance
  readonly relay: ScriptedRelay
  /** Takes the bounces. */
  readonly dsns: ScriptedRelay
  readonly plugin: boolean
  flush(): Promise<unknown>
}

interface Fault {
  readonly name: string
  readonly recipients: readonly string[]
  readonly relay: () => ScriptedRelayOptions
  /** Settles when nothing more is to come. */
  readonly play: (scene: Scene) => Promise<void>
  /** What becomes of each recipient: with the plugin, and alone. */
  readonly fates: readonly (readonly [string, string])[]
}

const emptyQueue = ({ haraka }: Scene): Promise<void> => until('the queue is empty', () => haraka.queue().length === 0)

let held = gate()

const FAULTS: readonly Fault[] = [
  {
    name: 'R1, the only recipient is answered 251',
    recipients: ['ann'],
    relay: () => ({ rcpt: '251 2.1.5 user not local; will forward' }),
    async play(scene) {
      await scene.relay.until(
        () => scene.relay.connections[0]?.commands.some((line) => line.startsWith('RCPT')) ?? false,
      )
      await emptyQueue(scene)
    },
    fates: [['delivered', 'lost']],
  },
  {
    name: 'R2, one recipient is answered 450, then the message is refused with 554',
    recipients: ['ann', 'bob', 'cat'],
    relay: () => ({
      rcpt: { byAddress: { 'bob@example.net': '450 4.2.1 later' } },
      endOfData: '554 5.7.1 spam',
    }),
    async play({ haraka, dsns }) {
      await dsns.waitFor(1)
      await until('what is queued was tried', () => haraka.queued().every(({ attempts }) => attempts > 0))
    },
    fates: [
      ['bounced', 'bounced'],
      ['queued', 'bounced'],
      ['bounced', 'bounced'],
    ],
  },
  ...(
    [
      ['the connection is then lost', { 'cat@example.net': { then: 'reset' } }, undefined],
      ['the message is then answered 451', {}, '451 4.3.0 later'],
    ] as const
  ).map(([then, byAddress, endOfData]): Fault => ({
    name: `one recipient is answered 550, and ${then}`,
    recipients: ['ann', 'bob', 'cat'],
    relay: () => ({ rcpt: { byAddress: { 'bob@example.net': '550 5.1.1 no such bob', ...byAddress } }, endOfData }),
    async play({ haraka, dsns, plugin }) {
      await until('one attempt is counted', () => haraka.queued()[0]?.attempts === 1)
      if (plugin) await dsns.waitFor(1)
      await until('its bounce has left the queue', () => haraka.queue().length === 1)
      for (const { data } of dsns.messages) {
        assert.match(String(data), /^Diagnostic-Code: smtp;550 5\.1\.1 no such bob \r$/m)
        assert.doesNotMatch(String(data), /4\.3\.0/)
      }
    },
    fates: [
      ['queued', 'queued'],
      ['bounced', 'queued'],
      ['queued', 'queued'],
    ],
  })),
  {
    name: 'R4, an item is flushed while it is on its way',
    recipients: ['ann'],
    relay: () => {
      held = gate()
      return { endOfData: ({ nth }) => (nth === 0 ? { reply: '250 2.0.0 ok', after: held.opened } : undefined) }
    },
    async play(scene) {
      const { relay, haraka, plugin } = scene
      await until('it is on its way', () => relay.connections[0]?.commands.includes('.') ?? false)
      await scene.flush()
      if (plugin) await haraka.waitForLog(/\[relayout\] duplicate .*a second time while it is in hand or just done/)
      else await relay.waitFor(1)
      held.open()
      if (!plugin) await relay.waitFor(2)
      await emptyQueue(scene)
    },
    fates: [['delivered', 'delivered+delivered']],
  },
  {
    name: 'R4, an item is flushed while its retry timer runs: it is offered to the relay server again when that is over',
    recipients: ['ann'],
    relay: () => ({ rcpt: ({ nth }) => (nth === 0 ? '451 4.3.0 later' : undefined) }),
    async play(scene) {
      const { relay, haraka, plugin } = scene
      await until('one attempt is counted', () => haraka.queued()[0]?.attempts === 1)
      await scene.flush()
      await relay.waitFor(1)
      await emptyQueue(scene)
      if (plugin) await haraka.waitForLog(/\[relayout\] duplicate .*no longer in the queue folder|a second time/)
      else {
        await haraka.waitForLog(/Reading from the data stream failed/)
        relay.connections.at(-1)?.drop() // else it is half a minute until Haraka does that
      }
      const mails = relay.connections.flatMap(({ commands }) => commands.filter((line) => line.startsWith('MAIL')))
      assert.equal(mails.length, plugin ? 2 : 3)
      // What is delivered is said to have bounced.
      await until('the stale copy is done with', () => plugin || haraka.output.includes('bouncing mail'))
      assert.equal(haraka.output.includes('bouncing mail'), !plugin)
    },
    fates: [['delivered', 'delivered']],
  },
]

describe('faults of Haraka', function () {
  this.timeout(60_000)

  for (const fault of FAULTS)
    for (const plugin of [true, false])
      it(`${fault.name}: ${plugin ? 'held off' : 'there without the plugin'}`, async () => {
        const relay = await startScriptedRelay(fault.relay())
        const dsns = await startScriptedRelay()
        const haraka = await HarakaInstance.start({
          relayout: plugin,
          plugins: { flush: FLUSH, route: route(relay, dsns) },
          config: { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' },
          ini: `[sender.dsn]\nhost=127.0.0.1:${dsns.port}\nfilter[]=From: <>\n[sender.main]\nhost=127.0.0.1:${relay.port}\n`,
        })
        try {
          const addresses = fault.recipients.map((name) => `${name}@example.net`)
          const ledger = new Ledger()
          ledger.handedOver('one', addresses)
          await submit(haraka.port, [identified('one', 'joe@example.com', addresses)])
          await fault.play({ haraka, relay, dsns, plugin, flush: () => submit(haraka.port, []) })
          seeDelivered(ledger, relay)
          seeBounced(ledger, dsns)
          seeQueued(ledger, haraka.queued())
          const fates = addresses.map((address) => ledger.fates(address).join('+') || 'lost')
          assert.deepEqual(
            fates,
            fault.fates.map(([held, alone]) => (plugin ? held : alone)),
          )
        } finally {
          await haraka.remove()
          await relay.close()
          await dsns.close()
        }
      })
})
