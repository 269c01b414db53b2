/**
 * examples/srs.lua: what becomes of each kind of return path, and that other products take its addresses: by the test
 * vectors of PostSRSd (libsrs2), by a decoder of our own, and by Mail::SRS where that is installed.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'

import { usePort } from '../script/fixture.js'
import { assertIsPath, bytes, example, modified } from './example-script.js'
import { hasMailSrs, mailSrs } from './mail-srs.js'
import { decode } from './srs-decoder.js'

const SECRET = 'not the one of anybody: 0123456789'
const FORWARDER = 'forward.example.com'

/** When the vectors of PostSRSd were made. */
const NOW = Date.UTC(2020, 0, 1, 0, 1)

const DAY_MS = 86_400_000

function srs(secret = SECRET, forwarder = FORWARDER): string {
  return example('srs.lua', [
    ['local secret = ""', `local secret = "${secret}"`],
    ['local forwarder = "forward.example.com"', `local forwarder = "${forwarder}"`],
  ])
}

const of = (characters: string, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength: 1, maxLength })

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

const user = fc
  .array(of(`${LETTERS}${LETTERS}!#$%&'*+/=?^_\`{|}~-=+-öÖ日`, 15), { minLength: 1, maxLength: 3 })
  .map((atoms) => atoms.join('.'))

const domain = fc
  .tuple(fc.array(of(LETTERS, 12), { minLength: 1, maxLength: 3 }), of('abcdefghijklmnopqrstuvwxyz', 3))
  .map(([labels, top]) => `${labels.join('-')}.${top}`)

/** The same ones in every run. */
function randomAddresses(count: number): string[] {
  return fc
    .sample(fc.tuple(user, domain), { numRuns: count, seed: 1 })
    .map(([local, host]) => bytes(`${local}@${host}`))
}

/** The address with one character behind the tag and its separator changed, the `=` in front of the domain included. */
function spoiled(address: string, at: number): string {
  const place = 5 + (at % (address.lastIndexOf('@') - 5))
  const other = address[place] === 'q' || address[place] === 'Q' ? 'x' : 'q'
  return address.slice(0, place) + other + address.slice(place + 1)
}

describe('examples/srs.lua', () => {
  const { open } = usePort({ atMs: NOW })
  const byUs = { secret: SECRET, ms: NOW }

  async function each(returnPaths: readonly string[], script = srs()): Promise<(string | undefined)[]> {
    const opened = open(script)
    try {
      const answers = []
      for (const returnPath of returnPaths) answers.push(await modified(opened, returnPath))
      return answers
    } finally {
      opened.session.close()
    }
  }

  async function rewritten(returnPath: string, script = srs()): Promise<string> {
    const [path] = await each([returnPath], script)
    assert.ok(path !== undefined, `${returnPath} is rewritten`)
    assertIsPath(path)
    return path
  }

  it('makes the addresses that PostSRSd makes', async () => {
    const script = srs('tops3cr3t', 'example.com').replace('#secret < 20', '#secret < 9')
    const vectors = [
      ['test@otherdomain.com', 'SRS0=vmyz=2W=otherdomain.com=test@example.com'],
      ['SRS0=opaque+string@otherdomain.com', 'SRS1=chaI=otherdomain.com==opaque+string@example.com'],
      ['SRS1=X=thirddomain.com==opaque+string@otherdomain.com', 'SRS1=JIBX=thirddomain.com==opaque+string@example.com'],
      ['test@example.com', undefined],
      ['SRS0=XjO9=2V=otherdomain.com=test@example.com', undefined],
    ] as const
    assert.deepEqual(
      await each(
        vectors.map(([address]) => address),
        script,
      ),
      vectors.map(([, path]) => path),
    )
  })

  it('is tested with a decoder that takes and refuses what PostSRSd does', () => {
    const decoder = { secret: 'tops3cr3t', ms: NOW }
    const taken = [
      ['SRS0=XjO9=2V=otherdomain.com=test@example.com', 'test@otherdomain.com'],
      ['srs0=xjo9=2v=otherdomain.com=test@example.com', 'test@otherdomain.com'],
      ['SRS0=XJO9=2V=OTHERDOMAIN.COM=TEST@EXAMPLE.COM', 'TEST@OTHERDOMAIN.COM'],
      ['SRS1=JIBX=thirddomain.com==opaque+string@example.com', 'SRS0=opaque+string@thirddomain.com'],
    ] as const
    for (const [address, original] of taken) assert.equal(decode(address, decoder), original)
    const refused = [
      ['test@example.com', /not an SRS address/],
      ['SRS0=te87=T7=otherdomain.com=test@example.com', /out of date/],
      ['SRS0=VcIb=7N=otherdomain.com=test@example.com', /out of date/],
      ['SRS0=FAKE=2V=otherdomain.com=test@example.com', /wrong hash/],
    ] as const
    for (const [address, what] of refused) assert.throws(() => decode(address, decoder), what)
  })

  it('leaves the null sender, our own addresses and what it made itself as they are', async () => {
    const ours = [
      '',
      'joe@example.com',
      'Joe@EXAMPLE.org',
      'joe@forward.example.com',
      'SRS0=HHHH=TT=example.net=joe@Forward.Example.com',
      'SRS1=HHHH=other.example==HHHH=TT=example.net=joe@forward.example.com',
      'SRS0=HHHH=TT=example.net=joe@example.com',
      'postmaster',
    ]
    assert.deepEqual(
      await each(ours),
      ours.map(() => undefined),
    )
    for (const other of ['joe@www.example.com', 'joe@example.com.example']) await rewritten(other)
  })

  it('starts from the address without our BATV tag, and keeps a tag of the sender', async () => {
    const opened = open(srs())
    const plain = await modified(opened, 'joe@example.net')
    assert.match(plain ?? '', /^SRS0=[\w+/]{4}=2W=example\.net=joe@forward\.example\.com$/)
    assert.equal(await modified(opened, 'joe@example.net', { computed: 'prvs=0123abcdef=joe@example.net' }), plain)
    assert.equal(
      await modified(opened, 'joe@example.com', { computed: 'prvs=0123abcdef=joe@example.com' }),
      undefined,
      'our own addresses go out with it',
    )
    opened.session.close()
    const theirs = 'prvs=4321fedcba=joe@example.net'
    assert.equal(decode(await rewritten(theirs), byUs), theirs)
  })

  it('makes addresses that decode to the first one, and do not when a character is changed', async () => {
    const originals = randomAddresses(200)
    const paths = await each(originals)
    paths.forEach((path, at) => {
      assert.ok(path !== undefined, `${originals[at]} is rewritten`)
      assert.ok(path.endsWith(`@${FORWARDER}`), path)
      assertIsPath(path)
      assert.equal(decode(path, byUs), originals[at])
      assert.throws(() => decode(spoiled(path, at), byUs), spoiled(path, at))
    })
  })

  it('makes the addresses that Mail::SRS makes and takes', async function () {
    if (!hasMailSrs()) this.skip()
    const plain = randomAddresses(200)
    const srs0 = plain.map((address, at) => `SRS0${'=+-'[at % 3]}abcd=2V=example.net=${address}`)
    const srs1 = plain.map((address, at) => `SRS1=abcd=first.example=${'=+-'[at % 3]}abcd=2V=example.net=${address}`)
    const originals = [...plain, ...srs0, ...srs1]
    const paths = (await each(originals)).map((path) => path ?? '')
    const ask = (requests: string[]): string[] => mailSrs(requests, SECRET, NOW)
    assert.deepEqual(paths, ask(originals.map((address) => `forward ${address} ${FORWARDER}`)))
    assert.deepEqual(ask(paths.map((path) => `reverse ${path}`)), [
      ...plain,
      ...srs0,
      ...srs1.map((address) => `SRS0${/(?<=example=).*(?=@)/.exec(address)?.[0]}@first.example`),
    ])
    assert.deepEqual(
      ask(paths.map((path, at) => `reverse ${spoiled(path, at)}`)),
      paths.map(() => ''),
    )
  })

  it('keeps the separator of the forwarder before', async () => {
    for (const separator of ['=', '+', '-']) {
      const first = `SRS0${separator}abcd=2W=example.net=joe@first.example`
      const second = await rewritten(first)
      assert.match(second, /^SRS1=[\w+/]{4}=first\.example=/)
      assert.equal(decode(second, byUs), first)
      // One that writes its own tag with another separator, as well.
      const third = await rewritten(second.replace(/^SRS1=(.*)@.*$/, `srs1${separator}$1@second.example`))
      assert.equal(third, second, 'the hash is over what both have in common')
    }
  })

  it('brings a bounce home over three forwarders', async () => {
    const secret = (name: string): string => `${name}, and twenty characters more`
    const script = (name: string): string => srs(secret(name), `${name}.example`)
    const a = await rewritten('Joe.Smith+list=1@example.net', script('a'))
    const b = await rewritten(a, script('b'))
    const c = await rewritten(b, script('c'))
    assert.match(a, /^SRS0=([\w+/]{4})=2W=example\.net=Joe\.Smith\+list=1@a\.example$/)
    assert.match(b, /^SRS1=([\w+/]{4})=a\.example==([\w+/]{4})=2W=example\.net=Joe\.Smith\+list=1@b\.example$/)
    assert.equal(c.replace(/^SRS1=.{4}/, ''), b.replace(/^SRS1=.{4}/, '').replace('@b.', '@c.'))
    assert.notEqual(c.slice(0, 9), b.slice(0, 9), 'each forwarder has a hash of its own')
    assert.equal(decode(b, { secret: secret('b'), ms: NOW }), a)
    assert.equal(decode(c, { secret: secret('c'), ms: NOW }), a)
    assert.equal(decode(a, { secret: secret('a'), ms: NOW }), 'Joe.Smith+list=1@example.net')
    assert.throws(() => decode(c, { secret: secret('b'), ms: NOW }), /wrong hash/)
  })

  it('takes what only looks like an SRS address for any other', async () => {
    for (const address of [
      'SRS1=joe@example.net',
      'SRS1=abcd=first.example@example.net',
      'SRS1=first.example==abcd=2W=example.org=joe@example.net',
      'SRS1=abcd=2W=example.org=joe@example.net',
      'SRS0@example.net',
      'SRS0=@example.net',
      'SRS0abcd=2W=example.org=joe@example.net',
      'SRS2=abcd=2W=example.org=joe@example.net',
      'xSRS0=abcd=2W=example.org=joe@example.net',
    ]) {
      const path = await rewritten(address)
      assert.ok(path.startsWith('SRS0='), path)
      assert.equal(decode(path, byUs), address)
    }
  })

  it('rewrites a local part in UTF-8', async () => {
    const path = await rewritten(bytes('JÖrg日@example.net'))
    assert.ok(path.endsWith(bytes('=2W=example.net=JÖrg日@forward.example.com')), path)
    assert.equal(decode(path, byUs), bytes('JÖrg日@example.net'))
  })

  it('leaves alone what cannot stand in a local part, with a line each', async () => {
    const opened = open(srs())
    const addresses = ['"joe smith"@example.net', '"a@b"@example.net', 'joe@[192.0.2.7]', bytes('joe@bücher.example')]
    for (const address of addresses) assert.equal(await modified(opened, address), undefined, address)
    opened.session.close()
    assert.deepEqual(
      opened.printed,
      addresses.map((address) => `srs: left alone, cannot be rewritten: ${address}`),
    )
  })

  it('makes paths of up to 256 octets, and leaves longer ones alone, with a line each', async () => {
    const opened = open(srs())
    const rest = 'SRS0=HHHH=TT=example.net=@forward.example.com'.length
    const longest = `${'x'.repeat(254 - rest)}@example.net`
    const path = await modified(opened, longest)
    assert.equal(path?.length, 254)
    assertIsPath(path)
    assert.equal(decode(path, byUs), longest)
    assert.deepEqual(opened.printed, [])
    assert.equal(await modified(opened, `x${longest}`), undefined)
    assert.deepEqual(opened.printed, [`srs: left alone, would have 255 octets: x${longest}`])
    opened.session.close()
  })

  it('does not run with the secret that it comes with, or a short one, and says so without it', async () => {
    for (const secret of ['', 'nineteen characters']) {
      const { session, printed } = open(srs(secret))
      const { topLevel } = await session.started
      session.close()
      assert.match(topLevel?.message ?? '', /^relayout\.lua:\d+: srs: the secret at the top of the script needs 20 /)
      assert.ok(secret === '' || !JSON.stringify([topLevel, printed]).includes(secret))
    }
    assert.equal((await each(['joe@example.net'], srs('x'.repeat(20)))).length, 1)
  })

  // 'AA' is a day 0 modulo 1024, '77' the day before.
  describe('around the end of the days', () => {
    const last = 20 * 1024 * DAY_MS
    const before = usePort({ atMs: last - 600_000 })
    const after = usePort({ atMs: last + 1000 })

    for (const [what, port, ms, digits] of [
      ['on the last of them', before, last - 600_000, '77'],
      ['on the first', after, last + 1000, 'AA'],
    ] as const) {
      it(`makes addresses for three weeks ${what}`, async () => {
        const opened = port.open(srs())
        const path = await modified(opened, 'joe@example.net')
        opened.session.close()
        assert.ok(path !== undefined)
        assert.ok(path.includes(`=${digits}=example.net=`), path)
        for (const days of [0, 1, 21]) {
          assert.equal(decode(path, { secret: SECRET, ms: ms + days * DAY_MS }), 'joe@example.net')
        }
        for (const days of [-1, 22]) {
          assert.throws(() => decode(path, { secret: SECRET, ms: ms + days * DAY_MS }), /out of date/)
        }
        if (!hasMailSrs()) return
        for (const [days, original] of [
          [0, 'joe@example.net'],
          [21, 'joe@example.net'],
          [22, ''],
        ] as const) {
          assert.deepEqual(mailSrs([`reverse ${path}`], SECRET, ms + days * DAY_MS), [original])
        }
      })
    }
  })
})
