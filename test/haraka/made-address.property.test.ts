import assert from 'node:assert/strict'

import { Address } from '@haraka/email-address'
import fc from 'fast-check'

import { fromBytes, toBytes } from '../../lib/core/byte-string.js'
import { madeAddress } from '../../lib/haraka/return-paths.js'
import { mailAddress, withMailAddress } from '../../lib/relay/wire-address.js'

/** What a script may return: addresses, nearly addresses, and anything. */
const parts = fc.constantFrom(
  ...['a', 'joe', '@', '.', '"', '\\', ' ', '<', '>', '\r\n', '\0', '\t', '=', '+', 'example', '.com', '[192.0.2.1]'],
  ...['ö', 'xn--bcher-kva', 'bücher', '\xff', ':', ',', 'RCPT TO:', 'SIZE=1', 'x'.repeat(70), '\x7f', '\u2028'],
)
const returned = fc.oneof(
  fc.array(parts, { maxLength: 8 }).map((all) => toBytes(all.join(''))),
  fc.tuple(fc.array(parts, { maxLength: 4 }), fc.array(parts, { maxLength: 4 })).map(([local, domain]) => {
    return toBytes(`${local.join('')}@${domain.join('')}`)
  }),
  fc.emailAddress(),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)) }),
)

describe('what ModifyReturnPath may return', () => {
  it('is an address that can stand in MAIL alone, or none', () => {
    fc.assert(
      fc.property(returned, fc.boolean(), (text, smtputf8) => {
        const made = madeAddress(text, smtputf8)
        if ('why' in made) {
          assert.ok(made.why.length > 0)
          return
        }
        const { address } = made
        // eslint-disable-next-line no-control-regex -- that is what must not be there
        assert.doesNotMatch(address, /[\0-\x1f\x7f]/)
        if (!smtputf8) assert.match(address, /^[ -~]*$/)
        assert.ok(address.length <= 254)
        if (address !== '') {
          const read = new Address(`<${fromBytes(address)}>`, { postel: true })
          assert.equal(toBytes(read.format(false)), `<${address}>`)
          assert.ok(read.host)
        }
        const line = withMailAddress('MAIL FROM:<joe@example.com> SIZE=10', address)
        assert.equal(line, `MAIL FROM:<${address}> SIZE=10`)
        assert.equal(mailAddress(line), address)
      }),
      { numRuns: 5000 },
    )
  })

  it('is taken as it is written where it is an address', () => {
    const asWritten = ['joe@example.com', 'Joe+x=y@example.com', '"joe b"@example.com', 'joe@[192.0.2.1]', '']
    for (const address of asWritten) assert.deepEqual(madeAddress(address, false), { address })
    assert.deepEqual(madeAddress('<joe@example.com>', false), { address: 'joe@example.com' })
    assert.deepEqual(madeAddress('<>', false), { address: '' })
    assert.deepEqual(madeAddress(toBytes('joe@bücher.example'), false), { address: 'joe@xn--bcher-kva.example' })
    assert.deepEqual(madeAddress(toBytes('joe@bücher.example'), true), { address: toBytes('joe@bücher.example') })
  })
})
