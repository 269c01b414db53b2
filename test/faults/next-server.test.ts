/**
 * A relay server that fails, and a second one: what passes on to that, and what must not.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { type Account, type ManyRelays, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { TEST_CERTIFICATE } from '../support/test-certificate.js'
import { LARGE } from './cases.js'
import { asSeen, FAULTS_OF_TWO, outcomeOfTwo, STAGES_OF_TWO } from './outcomes.js'
import { scripted } from './stages.js'

const CASES = STAGES_OF_TWO.flatMap((stage) =>
  FAULTS_OF_TWO.map((fault) => {
    const { good, relay, ini } = scripted(stage, fault, 0)
    const one: RelayCase = {
      name: `${stage}-${fault}`,
      group: stage,
      relay: good,
      first: relay,
      ini: [...ini, 'pipelining=false'].join('\n'),
      messages: 1,
      recipients: () => ['a', 'b', 'c'],
      bytes: stage === 'body' ? LARGE : 0,
    }
    return { ...one, outcome: outcomeOfTwo(stage, fault) }
  }),
)

describe('a hostile relay server, and a second one', function () {
  this.timeout(600_000)
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays(CASES, {
      sender: 'max_connections=1\nreply_timeout=1m',
      trusted: TEST_CERTIFICATE,
      patienceMs: 500_000,
    })
    await scene.submit()
    account = await scene.settled()
  })
  after(() => scene.remove())

  for (const { name, outcome } of CASES)
    it(`${name}: ${outcome === 2 ? 'delivered to the second' : [...new Set(outcome)].join(', ')}`, () => {
      assert.deepEqual(
        ['a', 'b', 'c'].map((recipient) => account.fates(name, recipient).join('+')),
        outcome === 2 ? ['delivered', 'delivered', 'delivered'] : asSeen(outcome),
      )
      assert.equal(scene.relay(name).messages.length, outcome === 2 ? 1 : 0)
      assert.equal(scene.relay(name).connections.length, outcome === 2 ? 1 : 0)
      assert.deepEqual(account.wrong(name), [])
    })

  it('costs nobody a message: the account balances', () => {
    assertBalanced(account.sum)
  })
})
