import assert from 'node:assert/strict'

import { identified, identify } from './identity.js'
import { assertBalanced, copiesByReason, inWords, Ledger, type Sighting } from './ledger.js'

const sighting = (recipient: string, more: Partial<Sighting> = {}): Sighting => ({
  recipient,
  message: 'm1',
  fate: 'delivered',
  where: 'somewhere',
  ...more,
})

function ledgerOf(...sightings: Sighting[]): Ledger {
  const ledger = new Ledger()
  ledger.handedOver('m1', ['a@x.test', 'b@x.test'])
  for (const one of sightings) ledger.sees(one)
  return ledger
}

const A = sighting('a@x.test')
const B = sighting('b@x.test', { fate: 'queued' })

describe('an account of mail', () => {
  it('balances when each recipient is delivered, queued or bounced', () => {
    const account = ledgerOf(A, B).account()
    assertBalanced(account)
    assert.equal(inWords(account), '2 recipients: 1 delivered, 1 queued, 0 bounced')
  })

  it('names who is lost', () => {
    assert.throws(() => assertBalanced(ledgerOf(A).account()), /does not balance\nlost: 1\n {2}b@x\.test$/)
  })

  it('takes a message whose taking was not answered for there or not there', () => {
    const ledger = ledgerOf(A, B)
    ledger.handedOver('m2', ['c@x.test', 'd@x.test'], false)
    ledger.sees(sighting('d@x.test', { message: 'm2' }))
    const account = ledger.account()
    assertBalanced(account)
    assert.equal(inWords(account), '3 recipients: 2 delivered, 1 queued, 0 bounced')
  })

  it('names who is there twice, and where', () => {
    const account = ledgerOf(A, B, sighting('a@x.test', { fate: 'bounced', where: 'elsewhere' })).account()
    assert.throws(
      () => assertBalanced(account),
      /twice, for no reason: 1\n {2}a@x\.test: delivered at somewhere, bounced at elsewhere/,
    )
  })

  const doubtful = sighting('a@x.test', { where: 'connection 1', doubt: 'reset' })
  it('says why somebody is there twice where all but one of the sightings are in doubt', () => {
    const account = ledgerOf(doubtful, A, B).account()
    assertBalanced(account)
    assert.deepEqual(
      account.twice.map(({ why }) => why),
      ['connection 1: reset'],
    )
    assertBalanced(ledgerOf(doubtful, doubtful, B).account())
  })

  it('does not excuse a third by one doubt', () => {
    assert.throws(() => assertBalanced(ledgerOf(doubtful, A, A, B).account()), /twice, for no reason/)
  })

  it('counts the copies too many by their reasons', () => {
    const often = ledgerOf(doubtful, doubtful, A, B, sighting('b@x.test')).account()
    assert.deepEqual(Object.fromEntries(copiesByReason(often)), { reset: 2, 'no reason': 1 })
  })

  it('counts everybody once, by what was seen last', () => {
    const { recipients, fates } = ledgerOf(doubtful, sighting('a@x.test', { fate: 'bounced' }), B).account()
    assert.deepEqual([recipients, fates], [2, { delivered: 0, queued: 1, bounced: 1 }])
  })

  it("names another message than the recipient's own, a damaged one and a recipient that nobody wrote to", () => {
    const ledger = ledgerOf(sighting('a@x.test', { message: 'm2' }), { ...B, damage: 'half of it' })
    ledger.sees(sighting('z@x.test'))
    assert.deepEqual(ledger.account().wrong, [
      'a@x.test has m2, not m1: somewhere',
      'b@x.test: half of it: somewhere',
      "z@x.test, nobody's recipient, at somewhere",
    ])
    assert.throws(() => assertBalanced(ledger.account()), /wrong: 3/)
  })

  it('has each address in one message only', () => {
    assert.throws(() => ledgerOf().handedOver('m2', ['a@x.test']), /a@x\.test is the recipient of two messages/)
  })
})

describe('the identity of a message', () => {
  const text = (bytes?: number): string =>
    Buffer.from(identified('run/7', 'a@x.test', [], bytes).data as string).toString('latin1')

  it('is found in what arrived, with further header fields before its own', () => {
    for (const bytes of [0, 1, 5_000]) {
      assert.ok(text(bytes).length > bytes)
      assert.deepEqual(identify(`Received: by somebody\r\n${text(bytes)}`), { message: 'run/7' })
    }
  })

  it('goes with the whole body', () => {
    const whole = text(100)
    const damaged = [
      whole.slice(0, -1),
      `${whole}\r\n`,
      whole.replace('\r\n..\r\n', '\r\n.\r\n'),
      whole.replace('\xc3', '?'),
    ]
    for (const one of damaged) assert.match(identify(one).damage ?? '', /is not as it was/)
  })

  it('is unknown of any other message', () => {
    assert.deepEqual(identify('Subject: hello\r\n\r\nHello.\r\n'), { message: undefined })
  })
})
