/**
 * That Exim understands our tags and we those of Exim (${prvs} and ${prvscheck} of its expansion language).
 *
 * Where the two differ, on purpose:
 * - Exim reads a hash in lower case only; we write it so, too, but read either.
 * - Exim counts the day of expiry only up to 999. After the turn to 0 a tag of day 999 and before stays valid to it, and
 *   a tag of any day in the future always is; here they are expired.
 * - Exim puts the tag of a quoted local part in front of the quotes, which is no address by RFC 5321 and which it reads
 *   itself; we put it inside, which Exim takes for untagged. We read both.
 * - Exim's tags live for 7 days, and it refuses a secret of more than 64 octets.
 */
import assert from 'node:assert/strict'

import { expiryDay, signReturnPath, verifyReturnPath } from '../../lib/batv/return-path.js'
import { toBytes } from '../../lib/core/byte-string.js'
import { Secret } from '../../lib/core/settings/secret.js'
import type { BatvKey } from '../../lib/core/settings/settings.js'
import { findExim, literally } from '../support/exim.js'

const DAY = 86_400_000
const LIFETIME = 7

const LOCAL_PARTS = [
  'joe',
  'Joe',
  'JOE.BLOGGS',
  'joe.bloggs',
  'joe+news',
  'joe+Lists.2026',
  'joe-x_y',
  "o'brien",
  '0',
  '1234567890',
  'a.b.c.d.e',
  'x=y',
  'prvs-x',
  '=a',
  "!#$%&'*+-/=?^_`{|}~",
  '{a}$b',
  '${prvs}',
  'jürgen',
  '日本語',
  'a'.repeat(48),
]

const DOMAINS = [
  'example.com',
  'Example.COM',
  'mail.sub.example.net',
  'a-b.example',
  '1.2.3.example',
  'xn--bcher-kva.example',
  'XN--Bcher-KVA.Example',
  'bücher.example',
  '[192.0.2.1]',
  '[IPv6:2001:db8::1]',
]

const ADDRESSES = LOCAL_PARTS.flatMap((local) => DOMAINS.map((domain) => `${local}@${domain}`))

const KEYS = ['hush', 'a long secret, with blanks; and = signs', 'k'.repeat(64), 'Schlüssel'].map(
  (secret, i): BatvKey => ({ key: [0, 3, 7, 9][i] ?? 0, secret: new Secret(secret) }),
)

const keyFor = (i: number): BatvKey => KEYS[i % KEYS.length]!

/** With another character at that place. */
function changed(address: string, at: number, [one = '', other = '']: readonly string[]): string {
  return `${address.slice(0, at)}${address[at] === one ? other : one}${address.slice(at + 1)}`
}

function signed(plain: string, key: BatvKey, day: number): string {
  const tagged = signReturnPath(plain, key, day)
  assert.ok(tagged !== undefined)
  return tagged
}

const sign = (address: string, key: BatvKey): string =>
  `\${prvs{${literally(address)}}{${literally(key.secret.reveal())}}{${key.key}}}`

/** Becomes `1 K address`, with a blank for the 1 where the tag is refused, and nothing where there is none. */
const check = (address: string, key: BatvKey): string =>
  `\${prvscheck{${literally(address)}}{${literally(key.secret.reveal())}}{$prvscheck_result $prvscheck_keynum $prvscheck_address}}`

/** As an argument of a process. */
const asText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString()

const exim = findExim()

describe(`tags and Exim ${exim?.version ?? '(skipped: no Exim that runs; test/support/fetch-exim.sh gets one)'}`, function () {
  this.timeout(60_000)

  after(() => exim?.remove())

  const expand = (expressions: readonly string[], clockMs?: number): string[] => {
    assert.ok(exim)
    const results = exim.expand(expressions, clockMs)
    assert.equal(results.length, expressions.length)
    return results
  }

  /** Has Exim expand these, and tells when it did, ms. */
  const expandNow = (expressions: readonly string[]): { results: string[]; nowMs: number } => {
    const results = expand([...expressions, '$tod_epoch'])
    return { nowMs: Number(results.pop()) * 1000, results }
  }

  const withExim = exim ? it : it.skip
  const withClock = exim?.canSetClock ? it : it.skip
  const clockTitle = exim && !exim.canSetClock ? ' (skipped: no libfaketime)' : ''

  withExim(`it takes ours, of ${ADDRESSES.length} addresses`, () => {
    const { nowMs, results } = expandNow(
      ADDRESSES.map((address, i) => {
        const tagged = signed(toBytes(address), keyFor(i), expiryDay(Date.now(), LIFETIME))
        return check(asText(tagged), keyFor(i))
      }),
    )
    assert.ok(Math.abs(nowMs - Date.now()) < 60_000)
    assert.deepEqual(
      results,
      ADDRESSES.map((address, i) => `1 ${keyFor(i).key} ${toBytes(address)}`),
    )
  })

  withExim('we take its, and they are the same', () => {
    const { nowMs, results } = expandNow(ADDRESSES.map((address, i) => sign(address, keyFor(i))))
    for (const [i, tagged] of results.entries()) {
      const plain = toBytes(ADDRESSES[i]!)
      assert.deepEqual(verifyReturnPath(tagged, [keyFor(i)], nowMs, LIFETIME), { kind: 'valid', plain })
      assert.equal(signed(plain, keyFor(i), expiryDay(nowMs, LIFETIME)), tagged)
    }
  })

  withExim('neither takes one with a character changed', () => {
    const { nowMs, results: theirs } = expandNow(ADDRESSES.map((address, i) => sign(address, keyFor(i))))
    const wrong = theirs.flatMap((tagged, i) => {
      const hash = changed(tagged, 9 + (i % 6), ['0', '1'])
      const localPart = changed(tagged, 16, ['x', 'y'])
      const domain = changed(tagged, tagged.indexOf('@') + 1, ['x', 'y'])
      return [hash, localPart, domain].map((path) => ({ path, key: keyFor(i) }))
    })
    const results = expand(wrong.map(({ path, key }) => check(asText(path), key)))
    for (const [i, { path, key }] of wrong.entries()) {
      assert.match(results[i]!, /^ \d /, path)
      assert.equal(verifyReturnPath(path, [key], nowMs, LIFETIME).kind, 'forged', path)
    }
  })

  withExim('neither takes one made with another secret or key', () => {
    const [one, other] = [KEYS[0]!, { key: 0, secret: new Secret('Hush') }]
    const ours = signed('joe@example.com', one, expiryDay(Date.now(), LIFETIME))
    const renumbered = ours.replace('prvs=0', 'prvs=4')
    const { nowMs, results } = expandNow([check(ours, other), check(renumbered, one), sign('joe@example.com', other)])
    assert.deepEqual(results.slice(0, 2), [' 0 joe@example.com', ' 4 joe@example.com'])
    assert.equal(verifyReturnPath(results[2]!, [one], nowMs, LIFETIME).kind, 'forged')
    assert.equal(verifyReturnPath(results[2]!, [{ ...other, key: 1 }], nowMs, LIFETIME).kind, 'unknown key')
  })

  withExim('we take its tags in front of a quoted local part; it knows no others', () => {
    const quoted = ['"a b"@example.com', '"a@b"@example.com', '""@example.com', '"Joe\\"x"@example.com']
    const { nowMs, results } = expandNow(quoted.map((address) => sign(address, keyFor(0))))
    for (const [i, plain] of quoted.entries()) {
      assert.match(results[i]!, /^prvs=0\d{3}[\da-f]{6}="/)
      assert.deepEqual(verifyReturnPath(results[i]!, [keyFor(0)], nowMs, LIFETIME), { kind: 'valid', plain })
      const ours = signed(plain, keyFor(0), expiryDay(nowMs, LIFETIME))
      assert.deepEqual(expand([check(ours, keyFor(0))]), [''])
    }
  })

  withExim('it refuses the upper case of a tag, which we take', () => {
    const upperCase = (tagged: string): string => tagged.replace(/(?<=^prvs=)\w+/, (tag) => tag.toUpperCase())
    const { nowMs, results } = expandNow(ADDRESSES.map((address, i) => sign(address, keyFor(i))))
    for (const [i, tagged] of results.entries()) {
      assert.equal(verifyReturnPath(upperCase(tagged), [keyFor(i)], nowMs, LIFETIME).kind, 'valid')
    }
    const at = results.findIndex((tagged) => upperCase(tagged) !== tagged)
    assert.match(expand([check(asText(upperCase(results[at]!)), keyFor(at))])[0]!, /^ \d /)
  })

  withExim('it refuses a longer secret than 64 octets, which we take', () => {
    const long = { key: 1, secret: new Secret('k'.repeat(65)) }
    assert.match(expand([sign('joe@example.com', long)])[0]!, /^Failed: /)
    assert.ok(signReturnPath('joe@example.com', long, 1))
  })

  /** Midnights in UTC at which a tag's day is over: an ordinary one, and those around the turn of 999 to 0. */
  const EXPIRY_DAYS = [20_454, 20_992, 20_993, 20_998, 21_000, 21_001, 21_006, 21_007]

  withClock(`both let a tag live until the same midnight in UTC, also past day 999${clockTitle}`, () => {
    const key = keyFor(1)
    for (const day of EXPIRY_DAYS) {
      const signedMs = (day - LIFETIME) * DAY
      for (const madeMs of [signedMs, signedMs + DAY - 1000]) {
        const [theirs] = expand([sign('joe@example.com', key)], madeMs)
        assert.equal(theirs, signed('joe@example.com', key, expiryDay(madeMs, LIFETIME)))
      }
      const tagged = signed('joe@example.com', key, expiryDay(signedMs, LIFETIME))
      for (const [atMs, valid] of [
        [signedMs, true],
        [(day + 1) * DAY - 1000, true],
        [(day + 1) * DAY, false],
      ] as const) {
        const when = `day ${day} at ${new Date(atMs).toISOString()}`
        assert.deepEqual(expand([check(tagged, key)], atMs), [`${valid ? '1' : ''} 3 joe@example.com`], when)
        assert.equal(verifyReturnPath(tagged, [key], atMs, LIFETIME).kind, valid ? 'valid' : 'expired', when)
      }
    }
  })

  withClock(
    `we also refuse tags of the future, and those of before the turn of day 999, which it does not${clockTitle}`,
    () => {
      const key = keyFor(1)
      const at = 21_000 * DAY
      for (const [day, kind] of [
        [999, 'expired'],
        [993, 'expired'],
        [8, 'valid'],
        [9, 'expired'],
        [500, 'expired'],
      ] as const) {
        const tagged = signed('joe@example.com', key, day)
        assert.deepEqual(expand([check(tagged, key)], at), ['1 3 joe@example.com'], String(day))
        assert.equal(verifyReturnPath(tagged, [key], at, LIFETIME).kind, kind, String(day))
      }
    },
  )
})
