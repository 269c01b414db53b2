import assert from 'node:assert/strict'

import { announcedLimits, ConnectionUsage, NOTHING_ANNOUNCED } from '../../lib/core/connection-limits.js'
import { makeReply } from '../../lib/core/reply.js'

const NO_LIMITS = { maxMessagesPerConnection: 0, maxRecipientsPerConnection: 0, maxRecipientsPerMessage: 0 }

describe('LIMITS of an EHLO reply (RFC 9422)', () => {
  const cases: [string, { mailMax: number; rcptMax: number }][] = [
    ['LIMITS MAILMAX=100 RCPTMAX=10', { mailMax: 100, rcptMax: 10 }],
    ['LIMITS RCPTMAX=10 RCPTDOMAINMAX=1', { mailMax: 0, rcptMax: 10 }],
    ['limits mailmax=5', { mailMax: 5, rcptMax: 0 }],
    ['LIMITS', NOTHING_ANNOUNCED],
    ['LIMITS MAILMAX=0 RCPTMAX=-1', NOTHING_ANNOUNCED],
    ['LIMITS MAILMAX=1234567 RCPTMAX=9x XMAILMAX=7', NOTHING_ANNOUNCED],
    ['LIMITSMAILMAX=3', NOTHING_ANNOUNCED],
    ['SIZE 1000', NOTHING_ANNOUNCED],
  ]
  for (const [keyword, expected] of cases) {
    it(keyword, () => assert.deepEqual(announcedLimits(makeReply(250, 'relay.test', keyword, 'HELP')), expected))
  }

  it('says nothing where EHLO was refused', () => {
    assert.deepEqual(announcedLimits(makeReply(502, 'LIMITS MAILMAX=1')), NOTHING_ANNOUNCED)
  })
})

describe('connection usage', () => {
  const after = (...recipients: number[]): ConnectionUsage => {
    const usage = new ConnectionUsage()
    for (const count of recipients) usage.add(count)
    return usage
  }

  it('has room for everything where nothing is limited', () => {
    assert.equal(after(1000, 1000).room(NO_LIMITS, NOTHING_ANNOUNCED, 5000), Infinity)
  })

  it('is used up after MaxMessagesPerConnection messages', () => {
    const limits = { ...NO_LIMITS, maxMessagesPerConnection: 2 }
    assert.equal(after(1).room(limits, NOTHING_ANNOUNCED, 1), Infinity)
    assert.equal(after(1, 1).room(limits, NOTHING_ANNOUNCED, 1), 0)
  })

  it('takes no message that would pass MaxRecipientsPerConnection, but a smaller one', () => {
    const limits = { ...NO_LIMITS, maxRecipientsPerConnection: 10 }
    assert.equal(after(6).room(limits, NOTHING_ANNOUNCED, 5), 0)
    assert.equal(after(6).room(limits, NOTHING_ANNOUNCED, 4), 10)
  })

  it('gives a message that is larger than the whole connection as much as a new one takes', () => {
    const limits = { ...NO_LIMITS, maxRecipientsPerConnection: 10 }
    assert.equal(after().room(limits, NOTHING_ANNOUNCED, 25), 10)
    assert.equal(after(1).room(limits, NOTHING_ANNOUNCED, 25), 0)
  })

  it('counts the part of a message that goes, not the whole of it', () => {
    const limits = { ...NO_LIMITS, maxRecipientsPerConnection: 250, maxRecipientsPerMessage: 100 }
    assert.equal(after(100).room(limits, NOTHING_ANNOUNCED, 1000), 100)
    assert.equal(after(100, 100).room(limits, NOTHING_ANNOUNCED, 1000), 0)
    assert.equal(after(100, 100).room(limits, NOTHING_ANNOUNCED, 50), 100)
  })

  it('is lowered by what the relay server announces, never raised', () => {
    const limits = { ...NO_LIMITS, maxMessagesPerConnection: 10, maxRecipientsPerMessage: 100 }
    assert.equal(after().room(limits, { mailMax: 0, rcptMax: 20 }, 200), 20)
    assert.equal(after().room(limits, { mailMax: 0, rcptMax: 200 }, 200), 100)
    assert.equal(after(1, 1).room(limits, { mailMax: 2, rcptMax: 0 }, 1), 0)
    assert.equal(after(1, 1).room(NO_LIMITS, { mailMax: 2, rcptMax: 0 }, 1), 0)
  })
})
