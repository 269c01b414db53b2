/**
 * The proof's run with two workers, a small one: unreliable relay servers, edits, a worker that is killed, then Haraka
 * as a whole.
 */
import assert from 'node:assert/strict'

import { runCluster } from '../../proof/cluster.js'

describe('two workers, one of which is killed', function () {
  this.timeout(180_000)

  it('lose nothing, and send nothing twice without a reason', async () => {
    const { rows, faults } = await runCluster({
      messages: 200,
      kills: 1,
      perSecond: 30,
      seed: 7,
      progress: () => undefined,
    })
    assert.deepEqual(faults, [])
    assert.equal(rows.find(({ what }) => what === 'messages taken')?.figure, '200')
  })
})
