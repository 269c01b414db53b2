import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

import { expiryDay, signReturnPath, verifyReturnPath } from '../../lib/batv/return-path.js'
import { toBytes } from '../../lib/core/byte-string.js'
import { Secret } from '../../lib/core/settings/secret.js'
import type { BatvKey } from '../../lib/core/settings/settings.js'

const DAY = 86_400_000

const keyOf = (key: number, secret: string): BatvKey => ({ key, secret: new Secret(secret) })
const KEY = keyOf(3, 'hush')
const KEYS = [KEY]

/** Day 20,454 from the epoch, at noon. */
const NOW = Date.UTC(2026, 0, 1, 12)

const kind = (address: string, nowMs = NOW, keys: readonly BatvKey[] = KEYS, lifetime = 7): string =>
  verifyReturnPath(address, keys, nowMs, lifetime).kind

describe('signReturnPath', () => {
  it('puts the tag of the draft in front of the local part', () => {
    const hash = createHmac('sha1', 'hush').update('3461joe@example.com').digest('hex').slice(0, 6)
    assert.equal(signReturnPath('joe@example.com', KEY, expiryDay(NOW, 7)), `prvs=3461${hash}=joe@example.com`)
  })

  it('is what it has always been: tags in the mail that is under way must stay valid', () => {
    const table: [string, number, string][] = [
      ['joe@example.com', 461, 'prvs=3461a51918=joe@example.com'],
      ['Joe+x@Example.COM', 0, 'prvs=3000f6970c=Joe+x@Example.COM'],
      ['"a b"@example.com', 7, '"prvs=3007a7ad6a=a b"@example.com'],
      ['""@example.com', 7, '"prvs=300704e255="@example.com'],
      ['joe@[x-tag:a@b]', 99, 'prvs=30994ac147=joe@[x-tag:a@b]'],
      [toBytes('jürgen@bücher.example'), 999, toBytes('prvs=3999ef7adc=jürgen@bücher.example')],
    ]
    for (const [address, day, tagged] of table) assert.equal(signReturnPath(address, KEY, day), tagged, address)
  })

  it('leaves plain what must stay so', () => {
    const stays = ['', '<>', 'joe', '@example.com', 'joe@', '"joe@example.com', 'a"b@example.com', '"a"b@example.com']
    const tagged = ['prvs=3461DD8DBB=joe', 'PRVS=x', 'prvs=joe/3461DD8DBB', '"prvs=x y"', 'prvs=']
    for (const address of [...stays, ...tagged.map((local) => `${local}@example.com`)]) {
      assert.equal(signReturnPath(address, KEY, 1), undefined, address)
    }
  })

  it('leaves plain what a tag would make longer than RFC 5321 allows, to the octet', () => {
    const domain = (length: number): string => `${'d'.repeat(60)}.`.repeat(4).slice(0, length - 1) + 'x'
    for (const [local, fits] of [[48, true], [49, false]] as const) {
      assert.equal(signReturnPath(`${'a'.repeat(local)}@example.com`, KEY, 1) !== undefined, fits)
      assert.equal(signReturnPath(`"${'a'.repeat(local - 2)}"@example.com`, KEY, 1) !== undefined, fits)
      assert.equal(signReturnPath(toBytes(`${'ü'.repeat(24)}${'a'.repeat(local - 48)}@x.example`), KEY, 1) !== undefined, fits)
    } // prettier-ignore
    assert.equal(signReturnPath(`a@${domain(236)}`, KEY, 1)?.length, 254)
    assert.equal(signReturnPath(`a@${domain(237)}`, KEY, 1), undefined)
  })
})

describe('expiryDay', () => {
  it('counts days in UTC, on over 999', () => {
    assert.equal(expiryDay(0, 7), 7)
    assert.equal(expiryDay(DAY - 1, 7), 7)
    assert.equal(expiryDay(DAY, 7), 8)
    assert.equal(expiryDay(992 * DAY, 7), 999)
    assert.equal(expiryDay(993 * DAY, 7), 0)
    assert.equal(expiryDay(999 * DAY, 365), 364)
  })
})

describe('verifyReturnPath', () => {
  const signed = signReturnPath('Joe+x@example.com', KEY, expiryDay(NOW, 7)) ?? ''

  it('gives back the address that was signed', () => {
    assert.deepEqual(verifyReturnPath(signed, KEYS, NOW, 7), { kind: 'valid', plain: 'Joe+x@example.com' })
  })

  it('lets a tag live from its day back for its lifetime and a day more, whatever the hour', () => {
    for (const lifetime of [1, 7, 365]) {
      // The second ends a lifetime on day 999, the third begins one there.
      for (const day of [20_454, 20_999 - lifetime, 20_999]) {
        const start = day * DAY
        for (const signedMs of [start, start + DAY - 1]) {
          const path = signReturnPath('joe@example.com', KEY, expiryDay(signedMs, lifetime)) ?? ''
          const at = (ms: number): string => kind(path, ms, KEYS, lifetime)
          assert.equal(at(signedMs), 'valid')
          assert.equal(at(start + (lifetime + 1) * DAY - 1), 'valid')
          assert.equal(at(start + (lifetime + 1) * DAY), 'expired')
          assert.equal(at(start - 1), 'valid', 'the clock of the signer is ahead over midnight')
          assert.equal(at(start - DAY), 'valid')
          assert.equal(at(start - DAY - 1), 'expired')
        }
      }
    }
  })

  it('refuses what was changed', () => {
    const table = [
      signed.replace('Joe', 'Bob'),
      signed.replace('Joe', 'joe'),
      signed.replace('+x', ''),
      signed.replace('.com', '.net'),
      signed.replace('=3461', '=3462'),
      signed.replace(/\w(?==J)/, (digit) => (digit === '0' ? '1' : '0')),
    ]
    for (const path of table) assert.equal(kind(path), 'forged', path)
    assert.equal(kind(signed.replace('=3461', '=4461')), 'unknown key')
    assert.equal(kind(signed, NOW, []), 'unknown key')
    assert.equal(kind(signed, NOW, [keyOf(3, 'other')]), 'forged')
  })

  it('tells the plain address of those that it refuses, too', () => {
    for (const [path, keys, nowMs] of [
      [signed, [keyOf(3, 'x')], NOW],
      [signed, [], NOW],
      [signed, KEYS, NOW + 9 * DAY],
    ] as const) {
      const verdict = verifyReturnPath(path, keys, nowMs, 7)
      assert.equal('plain' in verdict && verdict.plain, 'Joe+x@example.com')
    }
  })

  it('takes all secrets of a digit, as one takes over from the other', () => {
    const others = [keyOf(3, 'new'), keyOf(4, 'hush'), KEY, KEY]
    assert.equal(kind(signed, NOW, others), 'valid')
    assert.equal(kind(signed, NOW, others.slice(0, 2)), 'forged')
  })

  it('does not mind what relays do to a tag and to a domain', () => {
    const path = signReturnPath('joe@mail.example.com', KEY, 461) ?? ''
    for (const made of [
      path.toLowerCase(),
      path.replace(/\w{10}(?==)/, (tag) => tag.toUpperCase()),
      path.replace('prvs=', 'PRVS='),
      path.replace('mail.example', 'Mail.EXAMPLE'),
    ]) {
      assert.equal(kind(made), 'valid', made)
    }
    assert.deepEqual(verifyReturnPath(path.replace('mail', 'MAIL'), KEYS, NOW, 7), {
      kind: 'valid',
      plain: 'joe@MAIL.example.com',
    })
    const forms = ['bücher.example', 'xn--bcher-kva.example'].map(toBytes)
    for (const as of forms) {
      const international = signReturnPath(`joe@${as}`, KEY, 461) ?? ''
      for (const arrives of [...forms, toBytes('BÜCHER.example'), 'XN--BCHER-KVA.example']) {
        assert.equal(kind(international.replace(as, arrives)), 'valid', `${as} ${arrives}`)
      }
    }
  })

  it('understands quotes inside and outside of the tag', () => {
    for (const address of ['"a b"@example.com', '"a@b"@example.com', '""@example.com', '"\\""@example.com']) {
      const inside = signReturnPath(address, KEY, 461) ?? ''
      assert.match(inside, /^"prvs=/)
      assert.deepEqual(verifyReturnPath(inside, KEYS, NOW, 7), { kind: 'valid', plain: address })
      const outside = `${inside.slice(1, 17)}"${inside.slice(17)}`
      assert.deepEqual(verifyReturnPath(outside, KEYS, NOW, 7), { kind: 'valid', plain: address })
    }
  })

  it('takes for untagged what does not have the form, such as that of the first drafts', () => {
    const digits = signed.slice(5, 15)
    const table = [
      '',
      'joe',
      'joe@example.com',
      'prvs=joe@example.com',
      `prvs=Joe+x/${digits}@example.com`,
      `prvs=${digits}@example.com`,
      `prvs=${digits}=@example.com`,
      `prvs=${digits}=Joe+x`,
      `prvs=${digits}=Joe+x@`,
      `prvs=${digits}Joe+x@example.com`,
      `prvs=${digits.slice(1)}=Joe+x@example.com`,
      `prvs=${digits}0=Joe+x@example.com`,
      `"prvs=${digits}=Joe+x@example.com`,
      `"prvs=${digits}="Joe+x"@example.com`,
      ` ${signed}`,
      `btv1==${digits}==Joe+x@example.com`,
    ]
    for (const path of table) assert.equal(kind(path), 'untagged', path)
  })
})
