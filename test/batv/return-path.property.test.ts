import assert from 'node:assert/strict'
import fc from 'fast-check'

import { expiryDay, signReturnPath, verifyReturnPath } from '../../lib/batv/return-path.js'
import { fromBytes, toBytes } from '../../lib/core/byte-string.js'
import { Secret } from '../../lib/core/settings/secret.js'
import { Address } from '../support/haraka-address.js'
import { address, localPart } from './addresses.js'

const DAY = 86_400_000

const key = fc.record({
  key: fc.integer({ min: 0, max: 9 }),
  secret: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }).map((text) => new Secret(text)),
})

/** Any moment of this century and the next, more often one around midnight. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2200) }),
  fc.tuple(fc.nat(80_000), fc.integer({ min: -2, max: 2 })).map(([day, ms]) => Math.max(0, day * DAY + ms)),
)

const lifetime = fc.constantFrom(1, 7, 365)

const RUNS = { numRuns: 3_000 }

describe('a signed return path', () => {
  it('verifies back to exactly itself until its day is over, and not after', () => {
    fc.assert(
      fc.property(address, key, moment, lifetime, fc.nat(400), (text, signing, nowMs, days, later) => {
        const plain = toBytes(text)
        const tagged = signReturnPath(plain, signing, expiryDay(nowMs, days))
        if (tagged === undefined) return
        const verdict = verifyReturnPath(tagged, [signing], nowMs + later * DAY, days)
        assert.deepEqual(verdict, { kind: later <= days ? 'valid' : 'expired', plain })
      }),
      RUNS,
    )
  })

  it('is an address for Haraka wherever the plain one is, and says the same to it as to us', () => {
    fc.assert(
      fc.property(address, key, moment, (text, signing, nowMs) => {
        const tagged = signReturnPath(toBytes(text), signing, expiryDay(nowMs, 7))
        const plain = new Address(`<${text}>`)
        if (tagged === undefined) {
          // Only what is too long stays plain.
          assert.ok(Buffer.byteLength(plain.user) > 48 || Buffer.byteLength(text) > 238, text)
          return
        }
        const { user, original_host } = new Address(`<${fromBytes(tagged)}>`)
        assert.equal(original_host, plain.original_host)
        const verdict = verifyReturnPath(toBytes(`${user}@${original_host}`), [signing], nowMs, 7)
        assert.deepEqual(verdict, { kind: 'valid', plain: toBytes(text) })
      }),
      RUNS,
    )
  })

  it('is never signed again, whichever key and day, and in whatever case', () => {
    fc.assert(
      fc.property(address, key, key, fc.nat(999), fc.boolean(), (text, signing, other, day, upper) => {
        const tagged = signReturnPath(toBytes(text), signing, 1)
        if (tagged === undefined) return
        assert.equal(signReturnPath(upper ? tagged.toUpperCase() : tagged.toLowerCase(), other, day), undefined)
      }),
      RUNS,
    )
  })

  it('does not verify once any of its octets is another', () => {
    const octet = fc.integer({ min: 1, max: 127 }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(address, key, moment, fc.nat(), octet, (text, signing, nowMs, place, changed) => {
        const tagged = signReturnPath(toBytes(text), signing, expiryDay(nowMs, 7))
        if (tagged === undefined) return
        const at = place % tagged.length
        const mutated = tagged.slice(0, at) + changed + tagged.slice(at + 1)
        // The case of the tag and of the domain are as relays like them.
        if (mutated.toLowerCase() === tagged.toLowerCase()) return
        const { kind } = verifyReturnPath(mutated, [signing], nowMs, 7)
        assert.notEqual(kind, 'valid', mutated)
        assert.notEqual(kind, 'expired', mutated)
      }),
      RUNS,
    )
  })
})

describe('verifyReturnPath', () => {
  it('takes no tag that is made up', () => {
    // Three bytes: one in 17 million is right by chance.
    const hash = fc.integer({ min: 0, max: 0xffffff }).map((value) => value.toString(16).padStart(6, '0'))
    fc.assert(
      fc.property(address, key, fc.nat(9999), hash, moment, (text, signing, digits, made, nowMs) => {
        const tag = `prvs=${String(digits).padStart(4, '0')}${made}=`
        const path = text.startsWith('"') ? `"${tag}${text.slice(1)}` : tag + text
        assert.match(verifyReturnPath(toBytes(path), [signing], nowMs, 7).kind, /forged|unknown key/)
      }),
      RUNS,
    )
  })

  it('answers anything at all', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      localPart,
      fc.constantFrom('prvs=', '3461DD8DBB=', '"', '@', '[', 'xn--', '.', '\\', '\0', '\r\n'),
    )
    fc.assert(
      fc.property(fc.array(piece), key, fc.double(), (pieces, signing, nowMs) => {
        const path = toBytes(pieces.join(''))
        verifyReturnPath(path, [signing], nowMs, 7)
        const tagged = signReturnPath(path, signing, 1)
        if (tagged !== undefined) assert.equal(verifyReturnPath(tagged, [signing], 0, 7).kind, 'valid')
      }),
      RUNS,
    )
  })

  it('needs time in proportion to the length of what it is given', () => {
    const started = process.hrtime.bigint()
    for (const text of ['prvs=', '"\\', '@', '"', 'xn--', 'prvs=3461DD8DBB=', '[', '\u00fc']) {
      verifyReturnPath(`prvs=3461DD8DBB=${text.repeat(100_000)}@example.com`, [], NaN, 7)
      verifyReturnPath(text.repeat(100_000), [], NaN, 7)
    }
    // Far from what anything but linear would need.
    assert.ok(process.hrtime.bigint() - started < 5_000_000_000n)
  })
})
