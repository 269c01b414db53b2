/**
 * Places for connections, and whose a connection is: each place comes free again, and no connection carries a message of
 * another sender, or of other settings or another script than it was opened with.
 */
import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, subjects } from '../support/scene.js'
import { type RelayConnectionRecord, type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { type Message, plainMessage } from '../support/submit.js'

const message = (subject: string, to = 'ann@example.net'): Message => ({
  from: 'joe@example.com',
  to: [to],
  data: plainMessage(subject),
})

const NEVER = new Promise(() => undefined)

/** As many messages as there are places are on their way at one time. */
async function assertAllFree(scene: Scene, places: number): Promise<void> {
  const { relay, haraka } = scene
  relay.set({ endOfData: { after: NEVER } })
  const before = relay.messages.length
  const ends = (): number =>
    relay.connections.flatMap(({ commands }) => commands).filter((command) => command === '.').length - before
  const messages = Array.from({ length: places }, (_, i) => message(`last ${i}`))
  await scene.submit(...messages)
  await until(`${places} messages are on their way, of ${haraka.queue().length}`, () => ends() === places, 10_000)
}

describe('the places for connections', function () {
  this.timeout(60_000)

  it('come free when a connection goes from one message straight to one that waits for it', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let bye: () => void = () => undefined
    const farewell = new Promise<void>((resolve) => (bye = resolve))
    const scene = await openScene({
      relay: {
        quit: ({ nth }) => (nth === 0 ? { after: farewell } : undefined),
        endOfData: ({ nth }) => (nth === 0 ? { after: held } : undefined),
      },
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=2\nidle_timeout=50ms\n`,
    })
    try {
      const { relay, haraka } = scene
      await scene.submit(message('one'))
      await until('the first is at its end', () => relay.connections[0]?.commands.includes('.') === true)
      await scene.submit(message('two'))
      await relay.until(() => relay.connections[1]?.commands.includes('QUIT') === true)
      // Both connections are open still: the third message has a place, and waits for one of them.
      await scene.submit(message('three'))
      await haraka.waitForLog(/send sender=main .*position=3/)
      release()
      await relay.waitFor(3)
      assert.deepEqual(subjects(relay), ['two', 'one', 'three'])
      assert.equal(relay.messages[2]?.connection, relay.connections[0])
      bye()
      await until('the queue is empty', () => haraka.queue().length === 0)
      await assertAllFree(scene, 2)
    } finally {
      await scene.remove()
    }
  })

  it('come free when another plugin takes its time with what is delivered, or lets it go', async () => {
    const scene = await openScene({
      relay: { rcpt: ({ address }) => (address.startsWith('no') ? '450 4.2.1 later' : undefined) },
      plugins: {
        slow: `
          exports.hook_delivered = (next) => setTimeout(next, 200)
          exports.hook_deferred = (next) => setTimeout(() => next(OK), 200)
        `,
      },
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=2\n`,
    })
    try {
      const { relay, haraka } = scene
      await scene.submit(
        message('one'),
        message('two', 'no@example.net'),
        message('three'),
        message('four', 'no@example.net'),
        message('five'),
      )
      await relay.waitFor(3)
      await until('the queue is empty', () => haraka.queue().length === 0)
      assert.deepEqual(subjects(relay).sort(), ['five', 'one', 'three'])
      await assertAllFree(scene, 2)
    } finally {
      await scene.remove()
    }
  })
})

describe('whose a connection is', function () {
  this.timeout(60_000)
  let scene: Scene
  /** Does not greet. */
  let unwilling: ScriptedRelay

  const sender = (name: string, host: string, pass: string): string =>
    `[sender.${name}]\nhost=${host}\nfilter[]=${name}.test\nauth_user=${name}\nauth_pass=${pass}\nauth_type=PLAIN\n` +
    `auth_plaintext=true\nmax_connections=2\nidle_timeout=1m\n`

  const ini = (host: string, pass: string): string =>
    ['first', 'second'].map((name) => sender(name, host, pass)).join('')

  /** User and password of a connection. */
  function credentials({ commands }: RelayConnectionRecord): string {
    const base64 = commands.find((line) => line.startsWith('AUTH '))?.split(' ')[2] ?? ''
    return Buffer.from(base64, 'base64').toString().split('\0').slice(1).join('/')
  }

  /** The credentials with which each of the messages came since the n-th. */
  function used(from: number): string[] {
    const lines = scene.relay.messages.slice(from).map(({ rcptTo, connection }) => {
      const name = rcptTo[0]?.split(/[@.]/)[1] ?? ''
      return `${name}: ${credentials(connection)}`
    })
    return [...new Set(lines)].sort()
  }

  async function deliver(count: number): Promise<void> {
    const before = scene.relay.messages.length
    const messages = Array.from({ length: count }, (_, i) => message(`${i}`, `ann@${i % 2 ? 'first' : 'second'}.test`))
    await scene.submit(...messages)
    await scene.relay.waitFor(before + count)
  }

  before(async () => {
    unwilling = await startScriptedRelay({ greeting: { after: NEVER } })
    const gone = `[sender.gone]\nhost=127.0.0.1:${unwilling.port}\nfilter[]=gone.test\n`
    scene = await openScene({
      relay: { auth: { user: 'nobody', pass: 'x' }, authReply: '235 2.7.0 welcome' },
      ini: (host) => ini(host, 'old word') + gone,
      script: 'function ReturnCodeHandler() end',
    })
  })
  after(async () => {
    await scene.remove()
    await unwilling.close()
  })

  it('senders with the same relay server have connections of their own', async () => {
    await deliver(20)
    assert.deepEqual(used(0), ['first: first/old word', 'second: second/old word'])
    assert.ok(scene.relay.connections.length <= 4)
  })

  it('new credentials: none of the old connections is used, not even one that was under way', async () => {
    const { haraka, relay } = scene
    let release: () => void = () => undefined
    relay.set({ endOfData: { after: new Promise<void>((resolve) => (release = resolve)) } })
    const before = relay.messages.length
    await scene.submit(message('held', 'ann@first.test'))
    await haraka.waitForLog(/send sender=first .*position=11/)
    await scene.submit(message('unwilling', 'ann@gone.test'))
    await unwilling.until(() => unwilling.openNow === 1)
    const from = haraka.output.length
    const host = `127.0.0.1:${relay.port}`
    haraka.write('config/relayout.ini', `${ini(host, 'new word')}${sender('heir', host, 'x')}filter[]=gone.test\n`)
    await haraka.waitForLog(/\[relayout\] reload/, from)
    relay.set({ endOfData: undefined })
    release()
    await relay.waitFor(before + 1)
    assert.deepEqual(used(before), ['first: first/old word'])
    await deliver(20)
    assert.deepEqual(used(before + 1), ['first: first/new word', 'second: second/new word'])
    await until('the old ones are closed', () =>
      relay.connections.every((connection) => !connection.open || credentials(connection).endsWith('new word')),
    )
  })

  it('a message whose sender goes away while its relay server cannot be reached goes by another', async () => {
    const { relay } = scene
    const before = relay.messages.length
    unwilling.connections[0]?.drop()
    await relay.waitFor(before + 1)
    assert.deepEqual(relay.messages[before]?.rcptTo, ['ann@gone.test'])
  })
})
