import assert from 'node:assert/strict'

import { expiryDay, signReturnPath } from '../../lib/batv/return-path.js'
import { fromBytes, toBytes } from '../../lib/core/byte-string.js'
import { Secret } from '../../lib/core/settings/secret.js'
import type { BatvKey } from '../../lib/core/settings/settings.js'
import { talk } from '../demo/smtp-talk.js'
import { openScene, oneSender, type Scene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const keyOf = (key: number, secret: string): BatvKey => ({ key, secret: new Secret(secret) })

const CURRENT = keyOf(1, 'hush-current')
const EARLIER = keyOf(0, 'hush-earlier')
/** The digit is the current one's: its secret was replaced. */
const REPLACED = keyOf(1, 'hush-replaced')
const STRANGER = keyOf(1, 'hush-stranger')
const UNKNOWN = keyOf(9, 'hush-unknown')

const DAY = 86_400_000

/** A return path as it was on the wire so many days ago. */
function tagged(address: string, key: BatvKey, daysAgo = 1): string {
  const path = signReturnPath(toBytes(address), key, expiryDay(Date.now() - daysAgo * DAY, 7))
  assert.ok(path !== undefined)
  return fromBytes(path)
}

/**
 * Another plugin that looks at recipients before most do. It stands before relayout in config/plugins. Clients named
 * client.… may relay, others not: the one before it lets everybody.
 */
const WITNESS = `
exports.register = function () { this.register_hook('rcpt', 'look', -50) }
exports.hook_ehlo = (next, connection, host) => { connection.relaying = host.startsWith('client.'); next() }
exports.look = function (next, { transaction }, [rcpt]) {
  const same = transaction.rcpt_to.at(-1) === rcpt
  this.lognotice('saw ' + JSON.stringify({ ...rcpt.toJSON(), address: rcpt.address, path: rcpt.format(), same }))
  next()
}
exports.hook_queue = function (next, { transaction }) {
  this.lognotice('queued ' + JSON.stringify(transaction.rcpt_to))
  next(OK)
}`

const batv = (host: string, lines: string): string => `${oneSender(host)}[batv]\n${lines}\n`

interface Tried {
  readonly reply: string
  /** The recipient's paths as the other plugin saw them. */
  readonly seen: readonly string[]
  /** All that Haraka logged meanwhile. */
  readonly log: string
}

/** Has Haraka asked for a recipient of a message from `from`, by a client that may not relay unless told. */
async function rcpt({ haraka }: Scene, to: string, from = '', client = 'mx.example.net'): Promise<Tried> {
  const start = haraka.output.length
  const smtp = await talk(haraka.port)
  await smtp.say(`EHLO ${client}`)
  assert.match(await smtp.say(`MAIL FROM:<${from}>`), /^250/)
  const reply = await smtp.say(`RCPT TO:<${to}>`)
  await smtp.say('QUIT')
  await smtp.end()
  await haraka.waitForLog(/\] disconnect /, start)
  const log = haraka.output.slice(start)
  const seen = [...log.matchAll(/saw (\{.*\})/g)].map(([, json]) => (JSON.parse(json ?? '') as { path: string }).path)
  return { reply, seen, log }
}

async function assertTakenOff(scene: Scene, to: string, plain: string, from = ''): Promise<void> {
  const { reply, seen } = await rcpt(scene, to, from)
  assert.deepEqual([reply.slice(0, 4), seen], ['250 ', [`<${plain}>`]], to)
}

/** A value as Haraka's logger prints it. */
const logged = (value: string): string => (/[ ="\\]/.test(value) ? JSON.stringify(value) : value)

async function assertRefused(scene: Scene, to: string, why: string): Promise<void> {
  const { reply, seen, log } = await rcpt(scene, to)
  assert.match(reply, /^550 5\.7\.1 [A-Z][ -~]{20,150}$/)
  assert.deepEqual(seen, [], 'no other plugin is asked')
  const line = /^\[NOTICE\] \[([\w-]+\.1)\] \[relayout\] bounce (.*)$/m.exec(log)
  assert.equal(line?.[2], `refused=${logged(why)} recipient=${logged(to)} ip=127.0.0.1`)
}

describe('incoming bounces', function () {
  this.timeout(60_000)
  let scene: Scene
  const joe = 'Joe+x@example.com'

  before(async () => {
    scene = await openScene({
      ini: (host) =>
        batv(
          host,
          'secret = hush-current\nkey = 1\naccept[] = 0:hush-earlier\naccept[] = 1:hush-replaced\n' +
            'require = true\ndomains = example.com, b\u00fccher.example\n',
        ),
      plugins: { witness: WITNESS },
      config: { 'log.ini': '[main]\nlevel=protocol\ntimestamps=false\nformat=default\n' },
    })
  })

  after(async () => {
    await scene.remove()
  })

  it('to a valid tag pass, and every other plugin sees the plain address, whatever the order in config/plugins', async () => {
    const { log } = await rcpt(scene, tagged(joe, CURRENT))
    const [, seen] = /saw (\{.*\})/.exec(log) ?? []
    assert.deepEqual(JSON.parse(seen ?? ''), {
      original: `<${joe}>`,
      original_host: 'example.com',
      host: 'example.com',
      user: 'Joe+x',
      address: joe,
      path: `<${joe}>`,
      same: true,
    })
    assert.match(
      log,
      /^\[INFO\] \[[\w-]+\.1\] \[relayout\] untag tag=valid recipient="?Joe\+x@example\.com"? ip=127\.0\.0\.1$/m,
    )
    assert.match(log, /recipient <Joe\+x@example\.com>/)
  })

  it('pass with quoted and internationalised addresses', async () => {
    for (const plain of [
      '"a b"@example.com',
      'j\u00fcrgen@b\u00fccher.example',
      'joe@b\u00fccher.example',
      'joe@[192.0.2.1]',
    ]) {
      await assertTakenOff(scene, tagged(plain, CURRENT), plain)
    }
    await assertTakenOff(scene, tagged(joe, CURRENT).toLowerCase().replace('joe', 'Joe'), joe)
  })

  it('to earlier keys pass while they are accepted, those of the same digit too', async () => {
    await assertTakenOff(scene, tagged(joe, EARLIER), joe)
    await assertTakenOff(scene, tagged(joe, REPLACED), joe)
  })

  it('are refused when the tag was copied and comes again after 8 days', async () => {
    await assertTakenOff(scene, tagged(joe, CURRENT, 6), joe)
    for (const days of [8, 9, 300]) await assertRefused(scene, tagged(joe, CURRENT, days), 'expired')
  })

  it('are refused when the tag is made up or was made for another address', async () => {
    await assertRefused(scene, tagged(joe, STRANGER), 'forged')
    await assertRefused(scene, tagged(joe, UNKNOWN), 'unknown key')
    await assertRefused(scene, tagged(joe, CURRENT).replace('Joe', 'Ann'), 'forged')
    await assertRefused(scene, tagged('"a\\" refused=valid b"@example.com', STRANGER), 'forged')
  })

  it('are refused without a tag where one is required, but for postmaster', async () => {
    await assertRefused(scene, joe, 'untagged')
    for (const to of ['postmaster', 'Postmaster@example.com', 'ann@example.net', `${'a'.repeat(49)}@example.com`]) {
      await assertTakenOff(scene, to, to)
    }
  })

  it('are the only mail that is refused: other mail keeps a foreign tag, and loses one that was made here', async () => {
    const from = 'list@example.net'
    await assertTakenOff(scene, tagged(joe, CURRENT), joe, from)
    await assertTakenOff(scene, tagged(joe, CURRENT, 300), joe, from)
    for (const to of [joe, tagged(joe, STRANGER), tagged(joe, UNKNOWN)]) await assertTakenOff(scene, to, to, from)
  })

  it('to domains that are not ours keep their tags', async () => {
    const to = tagged('ann@example.net', STRANGER)
    await assertTakenOff(scene, to, to)
  })

  it('pass by a client that may relay', async () => {
    for (const to of [joe, tagged(joe, STRANGER), tagged('ann@example.net', UNKNOWN)]) {
      const { reply, seen } = await rcpt(scene, to, '', 'client.example.com')
      assert.deepEqual([reply.slice(0, 4), seen], ['250 ', [`<${to}>`]])
    }
  })

  it('of several recipients lose those that are refused, and are queued for the plain addresses of the others', async () => {
    const { haraka } = scene
    const smtp = await talk(haraka.port)
    await smtp.say('EHLO mx.example.net')
    await smtp.say('MAIL FROM:<>')
    assert.match(await smtp.say(`RCPT TO:<${tagged(joe, CURRENT)}>`), /^250/)
    assert.match(await smtp.say(`RCPT TO:<${tagged(joe, STRANGER)}>`), /^550/)
    assert.match(await smtp.say(`RCPT TO:<${tagged('ann@example.com', EARLIER)}>`), /^250/)
    assert.match(await smtp.say('DATA'), /^354/)
    const start = haraka.output.length
    assert.match(await smtp.say(`${plainMessage('one')}\r\n.`), /^250/)
    const [, queued] = await haraka.waitForLog(/queued (\[.*\])/, start)
    const paths = (JSON.parse(queued ?? '') as { original: string }[]).map(({ original }) => original)
    assert.deepEqual(paths, [`<${joe}>`, '<ann@example.com>'])
    await smtp.end()
  })

  it('are relayed to the plain address', async () => {
    await scene.submit({ from: '', to: [tagged(joe, CURRENT)], data: plainMessage('relayed') })
    await scene.relay.waitFor(1)
    assert.deepEqual(scene.relay.messages[0]?.rcptTo, [joe])
    assert.doesNotMatch(scene.relay.messages[0].data.toString(), /prvs/)
  })

  it('bring no secret into the log', () => {
    assert.match(scene.haraka.output, /\[PROTOCOL\]/)
    assert.doesNotMatch(scene.haraka.output, /hush/)
  })
})

describe('incoming bounces, when the keys are edited', function () {
  this.timeout(60_000)
  const joe = 'joe@example.com'

  it('are judged by the new ones, also when only the file of the secret has changed, without a restart', async () => {
    const ini = (lines: string) => (host: string) => batv(host, `secret_file = relayout.batv\n${lines}`)
    const scene = await openScene({
      ini: ini('key = 1'),
      plugins: { witness: WITNESS },
      config: { 'relayout.batv': 'hush-earlier\n' },
      nodes: 1,
    })
    const { haraka } = scene
    const [first, second, third] = [keyOf(1, 'hush-earlier'), keyOf(1, 'hush-current'), keyOf(2, 'hush-current')]
    try {
      await assertTakenOff(scene, tagged(joe, first), joe)
      await assertRefused(scene, tagged(joe, second), 'forged')

      let edited = haraka.output.length
      haraka.write('config/relayout.batv', 'hush-current\n')
      await haraka.waitForLog(/reload file=relayout\.ini changed="\[batv\] secret changed"/, edited)
      await assertTakenOff(scene, tagged(joe, second), joe)
      await assertRefused(scene, tagged(joe, first), 'forged')

      edited = haraka.output.length
      haraka.write('config/relayout.ini', ini('key = 2\naccept[] = 1:hush-earlier')(`127.0.0.1:${scene.relay.port}`))
      await haraka.waitForLog(
        /reload file=relayout\.ini changed="\[batv\] key: 1 -> 2, \[batv\] accept changed"/,
        edited,
      )
      await assertTakenOff(scene, tagged(joe, third), joe)
      await assertTakenOff(scene, tagged(joe, first), joe)
      await assertRefused(scene, tagged(joe, second), 'forged')

      edited = haraka.output.length
      haraka.write('config/relayout.batv', 'hush-current\nhush-too-many\n')
      await haraka.waitForLog(/relayout\.batv cannot be used: it has more than one line/, edited)
      await assertTakenOff(scene, tagged(joe, third), joe)
      assert.doesNotMatch(haraka.output, /hush/)
    } finally {
      await scene.remove()
    }
  })
})

describe('without keys', function () {
  this.timeout(60_000)

  it('tags are nothing special', async () => {
    const scene = await openScene({ plugins: { witness: WITNESS } })
    try {
      const to = tagged('joe@example.com', CURRENT)
      const { reply, seen, log } = await rcpt(scene, to)
      assert.deepEqual([reply.slice(0, 4), seen], ['250 ', [`<${to}>`]])
      assert.doesNotMatch(log, /\[relayout\] (?:untag|bounce)/)
    } finally {
      await scene.remove()
    }
  })
})
