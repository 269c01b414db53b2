import assert from 'node:assert/strict'
import { localTimestamp } from '../../lib/core/local-timestamp.js'

describe('localTimestamp', () => {
  it('writes local time in 14 characters', () => {
    assert.equal(localTimestamp(new Date(2026, 0, 2, 3, 4, 5, 999)), '20260102030405')
    assert.equal(localTimestamp(new Date(1999, 11, 31, 23, 59, 59)), '19991231235959')
  })

  it('is empty for an invalid date', () => {
    assert.equal(localTimestamp(new Date(NaN)), '')
  })
})
