/**
 * One message in two parts, of whose recipients some are deferred and some refused, and another one; Haraka is killed
 * before each step that changes the queue folder. Connections are not kept: a QUIT shows that a reply was read.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { assertBalanced, Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'
import { BouncesAgain } from './bounces-again.js'
import { diesBefore, DYING } from './dying-haraka.js'
import { relayAnswers } from './mail.js'

const RECIPIENTS = ['plain1', 'late2', 'plain3', 'never4', 'late5', 'plain6'].map((name) => `${name}@plain.test`)
const BOUNCES = ['never4@plain.test']
const FOLLOWS = ['plain7@plain.test']

describe('Haraka killed before a step that changes the queue folder', function () {
  this.timeout(60_000)

  /** Gives the recipients that got it twice; undefined: it did not come to that step. */
  async function killedBefore(step: number): Promise<string[] | undefined> {
    const relay = await startScriptedRelay(relayAnswers())
    const dsns = await startScriptedRelay()
    const haraka = await HarakaInstance.create({
      ini:
        `[main]\ncollect=300ms\n[sender.dsn]\nhost=127.0.0.1:${dsns.port}\nfilter[]=From: <>\n` +
        `[sender.main]\nhost=127.0.0.1:${relay.port}\nmax_connections=1\nmax_recipients_per_message=4\nidle_timeout=0s\n`,
      config: { 'outbound.ini': 'temp_fail_intervals=1h*9\n' },
      plugins: { dying: DYING, soon: `exports.hook_deferred = (next) => next(DENYSOFT, '1')` },
    })
    const ledger = new Ledger()
    const again = new BouncesAgain()
    try {
      diesBefore(haraka, step)
      await haraka.start()
      const life = { over: false }
      void haraka.ended().then(() => (life.over = true))
      for (const [name, to] of [['one', RECIPIENTS] as const, ['two', FOLLOWS] as const]) {
        const taken = await submit(haraka.port, [identified(name, `${name}@example.com`, to)]).then(
          () => true,
          () => false,
        )
        ledger.handedOver(name, to, taken)
      }
      await until('it dies, or all is done', () => life.over || haraka.queue().length === 0)
      const died = life.over
      if (died) {
        await until('the connections are closed', () => relay.openNow + dsns.openNow === 0)
        again.look(haraka.queued(), dsns)
        diesBefore(haraka, undefined)
        await haraka.start()
        await until('all is done', () => haraka.queue().length === 0)
      }
      await haraka.stop()
      seeBounced(ledger, dsns, again)
      seeDelivered(ledger, relay)
      seeQueued(ledger, haraka.queued())
      const account = ledger.account()
      assertBalanced(account, `killed before step ${step}\n${haraka.output.slice(-5_000)}`)
      for (const recipient of [...RECIPIENTS, ...FOLLOWS]) {
        const fates = ledger.fates(recipient).map((fate) => fate === 'bounced')
        assert.ok(fates.every((bounced) => bounced === BOUNCES.includes(recipient)))
      }
      return died ? account.twice.map(({ recipient }) => recipient) : undefined
    } finally {
      await haraka.remove()
      await Promise.all([relay.close(), dsns.close()])
    }
  }

  const STEPS = 10
  for (let step = 1; step <= STEPS; step++)
    it(`${step} of ${STEPS}: nothing is lost, and only what this step was to tell the disk happens again`, async () => {
      const twice = await killedBefore(step)
      assert.ok(twice, 'it came to that step')
      assert.ok(twice.length <= 2, twice.join(' '))
    })

  it('there are no further steps', async () => {
    assert.equal(await killedBefore(STEPS + 1), undefined)
  })
})
