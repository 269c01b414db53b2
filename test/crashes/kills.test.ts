import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { crashRun, report } from './crash-run.js'

describe('Haraka killed at random moments', function () {
  this.timeout(180_000)

  it('loses nothing, and sends again only where the acknowledgement could not have been read', async () => {
    const run = await crashRun({ messages: 200, kills: 12, seed: 7 })
    assertBalanced(run.account, `${report(run)}\n${run.log}`)
    assert.deepEqual(run.wrongFates, [])
    assert.equal(run.account.fates.queued, 0)
    assert.ok(run.account.fates.delivered > 200 && run.account.fates.bounced > 5, report(run))
  })
})
