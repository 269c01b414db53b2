import assert from 'node:assert/strict'

import { originOf } from '../../lib/haraka/origin.js'
import type { HMail } from '../../lib/haraka/shapes.js'

const UNKNOWN = { mailFrom: 'joe@example.com', authSender: '', senderIp: '' }

function read(notes: unknown): unknown {
  return originOf({ todo: { mail_from: { address: 'joe@example.com' }, notes } } as unknown as HMail)
}

describe('the origin of a message, as its queue file has it', () => {
  it('is what was noted, as bytes', () => {
    const noted = { mailFrom: 'j\u00f6rg@example.com', authUser: 'j\u00f6rg', ip: '192.0.2.1' }
    const expected = { mailFrom: 'j\xc3\xb6rg@example.com', authSender: 'j\xc3\xb6rg', senderIp: '192.0.2.1' }
    assert.deepEqual(read({ relayout: noted }), expected)
  })

  it('is not known where nothing was noted, or something else', () => {
    const others = [null, 5, 'text', [], { mailFrom: 5, authUser: {}, ip: ['192.0.2.1'] }, { mailFrom: null }]
    for (const notes of [undefined, null, {}, ...others.map((relayout) => ({ relayout }))]) {
      assert.deepEqual(read(notes), UNKNOWN, JSON.stringify(notes))
    }
  })
})
