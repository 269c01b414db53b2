/**
 * A relay server refuses a recipient, then hangs up before it has answered for all: the refused one bounces with its
 * words, and the others are tried, at another server or later.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { type Fate, Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { type PlainAnswer, type ScriptedRelayOptions, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'

const FORBIDS_SECOND = `
function ServerDetails(params)
  if params.server == '127.0.0.2' then error('not there') end
end
`

interface Case {
  readonly name: string
  readonly first: Readonly<Record<string, PlainAnswer>>
  /** A second server; undefined: there is none. */
  readonly second?: ScriptedRelayOptions
  readonly script?: string
  readonly fates: Readonly<Record<string, Fate>>
  /** In the bounce, where there is one. */
  readonly status?: string
}

const CASES: readonly Case[] = [
  {
    name: 'and there is no other server',
    first: { bob: '550 5.1.1 no bob', dan: { then: 'reset' } },
    fates: { ann: 'queued', bob: 'bounced', cat: 'queued', dan: 'queued' },
    status: '5.1.1',
  },
  {
    name: 'without an enhanced code',
    first: { bob: '550 no bob', dan: { then: 'close' } },
    fates: { ann: 'queued', bob: 'bounced', cat: 'queued', dan: 'queued' },
    status: '5.0.0',
  },
  {
    name: 'and several were refused: the last one is perhaps refused for their number',
    first: { ann: '550 5.1.1 no ann', bob: '550 5.1.1 no bob', cat: { reply: '550 5.7.0 too many', then: 'close' } },
    fates: { ann: 'bounced', bob: 'bounced', cat: 'queued', dan: 'queued' },
    status: '5.1.1',
  },
  {
    name: 'and it was the only one',
    first: { ann: { reply: '550 5.1.1 no ann', then: 'close' } },
    fates: { ann: 'bounced', bob: 'queued', cat: 'queued', dan: 'queued' },
    status: '5.1.1',
  },
  {
    name: 'and another server takes all',
    first: { bob: '550 5.1.1 no bob', dan: { then: 'reset' } },
    second: {},
    fates: { ann: 'delivered', bob: 'delivered', cat: 'delivered', dan: 'delivered' },
  },
  {
    name: 'and another server takes no message',
    first: { bob: '550 5.1.1 no bob', dan: { then: 'reset' } },
    second: { mail: '451 4.3.0 later' },
    fates: { ann: 'queued', bob: 'bounced', cat: 'queued', dan: 'queued' },
    status: '5.1.1',
  },
  {
    name: 'and another server may not be asked: the script holds the message',
    first: { bob: '550 5.1.1 no bob', dan: { then: 'reset' } },
    second: {},
    script: FORBIDS_SECOND,
    fates: { ann: 'queued', bob: 'queued', cat: 'queued', dan: 'queued' },
  },
]

describe('a relay server refuses a recipient and hangs up', function () {
  this.timeout(60_000)

  for (const { name, first, second, script, fates, status } of CASES)
    it(name, async () => {
      const address = (local: string): string => `${local}@x.test`
      const byAddress = Object.fromEntries(Object.entries(first).map(([local, says]) => [address(local), says]))
      const relay = await startScriptedRelay({ rcpt: { byAddress } })
      const other = await startScriptedRelay({ host: '127.0.0.2', ...second })
      const dsns = await startScriptedRelay()
      const hosts = [`127.0.0.1:${relay.port}`, ...(second ? [`127.0.0.2:${other.port}`] : [])]
      const haraka = await HarakaInstance.start({
        ini:
          `[main]\non_script_error=hold\nskip_retry=1h\n[sender.dsn]\nhost=127.0.0.1:${dsns.port}\nfilter[]=From: <>\n` +
          `[sender.main]\nhost=${hosts.join(', ')}\n`,
        config: { 'outbound.ini': 'temp_fail_intervals=1h*9\n' },
        ...(script === undefined ? {} : { script }),
      })
      try {
        const ledger = new Ledger()
        const recipients = Object.keys(fates).map(address)
        ledger.handedOver('one', recipients)
        const stays = Object.values(fates).includes('queued')
        await submit(haraka.port, [identified('one', 'joe@example.com', recipients)])
        if (stays) await haraka.waitForLog(/Temp failing/)
        await until('the rest has left the queue', () => haraka.queue().length === (stays ? 1 : 0))
        for (const server of [relay, other]) seeDelivered(ledger, server)
        seeBounced(ledger, dsns)
        seeQueued(ledger, haraka.queued())
        assert.deepEqual(
          Object.fromEntries(Object.keys(fates).map((local) => [local, ledger.fates(address(local)).join('+')])),
          fates,
        )
        const bounce = String(dsns.messages[0]?.data ?? '')
        assert.equal(/^Status: (.*)\r$/m.exec(bounce)?.[1], status)
        if (bounce) assert.match(bounce, /^Diagnostic-Code: smtp;550 /m)
        const attempts = haraka.queued().map((item) => item.attempts)
        assert.deepEqual(attempts, !stays ? [] : script === undefined ? [1] : [0])
      } finally {
        await haraka.remove()
        for (const server of [relay, other, dsns]) await server.close()
      }
    })
})
