import assert from 'node:assert/strict'

import { freePort } from '../../demo/ports.js'
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, subjects } from '../support/scene.js'
import { type Answer, type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const message = (subject: string, from = 'joe@example.com') => ({
  from,
  to: ['ann@example.net'],
  data: plainMessage(subject),
})

const batch = (number: number, from?: string) => Array.from({ length: number }, (_, i) => message(`n${i}`, from))

const inOrder = (number: number): string[] => Array.from({ length: number }, (_, i) => `n${i}`)

const rests = ({ haraka }: Scene, event: string): string[] =>
  haraka.events.filter((line) => line.includes(` rest event=${event} `))

/** No message failed, none was tried and failed to be sent. */
function assertNoFailures({ haraka }: Scene): void {
  const failures = haraka.output.split('\n').filter((line) => /Temp failing|bouncing|fails=[1-9]/.test(line))
  assert.deepEqual(failures, [])
}

describe('a sender none of whose relay servers can be reached', function () {
  this.timeout(60_000)

  // A rest takes 5 s: all at one time.
  const CASES: Readonly<Record<string, () => Promise<void>>> = {
    'rests: no attempt is counted, others go on, all is delivered afterwards': async () => {
      const senders = [
        { name: 'one', maxConnections: 1, ports: [await freePort(), await freePort()] as const },
        { name: 'many', maxConnections: 5, ports: [await freePort(), await freePort()] as const },
      ]
      const scene = await openScene({
        ini: (host) =>
          senders
            .map(
              ({ name, maxConnections, ports: [first, second] }) =>
                `[sender.${name}]\nhost=127.0.0.1:${first}, 127.0.0.1:${second}\nfilter[]=From: ${name}@*\n` +
                `max_connections=${maxConnections}\n`,
            )
            .join('') + `[sender.up]\nhost=${host}\n`,
      })
      const started: ScriptedRelay[] = []
      try {
        const { haraka, relay } = scene
        await scene.submit(...batch(20, 'one@example.com'), ...batch(20, 'many@example.com'))
        await until('both rest', () => rests(scene, 'begin').length === 2)
        await scene.submit(...batch(5, 'joe@example.com'))
        await until(
          'those of the third sender are gone',
          () => relay.messages.length === 5 && haraka.queue().length === 40,
        )
        assert.deepEqual(new Set(haraka.queued().map(({ attempts }) => attempts)), new Set([0]))
        for (const { ports } of senders) started.push(await startScriptedRelay({ port: ports[1] }))
        await until('the queue is empty', () => haraka.queue().length === 0)

        // Each delivery that was under way tried both servers once, and one message later tried for all.
        const tries = haraka.output.match(/Failed to get socket/g)?.length ?? NaN
        assert.ok(tries <= 2 * (1 + 5) + 4, `${tries} connections were refused`)
        senders.forEach(({ name, maxConnections, ports }, i) => {
          const got = subjects(started[i]!)
          assert.deepEqual(
            maxConnections === 1 ? got : got.sort(),
            maxConnections === 1 ? inOrder(20) : inOrder(20).sort(),
          )
          assert.ok(started[i]!.maxOpen <= maxConnections)
          const servers = ports.map((port) => `127.0.0.1:${port}`).join(',')
          const mine = (event: string) => rests(scene, event).filter((line) => line.includes(` sender=${name} `))
          assert.equal(mine('begin').length, 1)
          assert.match(mine('begin')[0]!, new RegExp(`^WARN - .* servers=${servers} retry=5 why=.*ECONNREFUSED`))
          assert.deepEqual(
            mine('end').map((line) => line.replace(/\d+$/, 'n')),
            [`NOTICE - rest event=end sender=${name} server=127.0.0.1 lasted=n`],
          )
        })
        assertNoFailures(scene)
      } finally {
        await scene.remove()
        for (const relay of started) await relay.close()
      }
    },

    'is not tried again and again while a connection that it has is on its way out': async () => {
      const port = await freePort()
      const to = ['ann@example.net', 'bob@example.net']
      const relay = await startScriptedRelay({ port, quit: { after: new Promise(() => undefined) } })
      const scene = await openScene({
        // The second message has no room on the first connection: that gets QUIT, which it never answers.
        ini: () => `[sender.main]\nhost=127.0.0.1:${port}\nmax_recipients_per_connection=3\nidle_timeout=1m\n`,
      })
      let later: ScriptedRelay | undefined
      try {
        await scene.submit({ ...message('first'), to })
        await relay.waitFor(1)
        await until('the first is done', () => scene.haraka.queue().length === 0)
        relay.refuse()
        await scene.submit({ ...message('second'), to })
        await scene.haraka.waitForLog(/rest event=begin/)
        await new Promise((resolve) => setTimeout(resolve, 1_000)) // part of the rest
        const refused = scene.haraka.output.match(/Failed to get socket/g)?.length
        later = await startScriptedRelay({ port })
        await later.waitFor(1)
        assert.equal(refused, 1)
        assert.deepEqual([subjects(relay), subjects(later)], [['first'], ['second']])
        assertNoFailures(scene)
      } finally {
        await scene.remove()
        await relay.close()
        await later?.close()
      }
    },

    'between two parts of a message: no attempt is counted, and the parts that are left go on afterwards': async () => {
      const port = await freePort()
      const to = Array.from({ length: 60 }, (_, i) => `user${i}@example.net`)
      const first: ScriptedRelay = await startScriptedRelay({
        port,
        // Gone for good with the end of the third part's connection.
        quit: ({ nth }) => (nth === 2 ? { after: first.close() } : undefined),
      })
      const scene = await openScene({
        ini: () =>
          `[sender.main]\nhost=127.0.0.1:${port}\nmax_recipients_per_message=10\nmax_messages_per_connection=1\n`,
      })
      let second: ScriptedRelay | undefined
      try {
        await scene.submit({ from: 'joe@example.com', to, data: plainMessage('one') })
        await scene.haraka.waitForLog(/rest event=begin/)
        const left = scene.haraka.queued().map(({ rcpt_to, attempts }) => [rcpt_to.length, attempts])
        assert.deepEqual(left, [[30, 0]])
        second = await startScriptedRelay({ port })
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        assert.deepEqual(
          [...first.messages, ...second.messages].map(({ rcptTo }) => rcptTo),
          [0, 10, 20, 30, 40, 50].map((from) => to.slice(from, from + 10)),
        )
        assertNoFailures(scene)
      } finally {
        await scene.remove()
        await second?.close()
      }
    },
  }
  const results: Promise<void>[] = []

  before(() => {
    for (const run of Object.values(CASES)) results.push(run())
    for (const result of results) result.catch(() => undefined)
  })

  Object.keys(CASES).forEach((name, i) => {
    it(name, () => results[i])
  })
})

describe('two relay servers', function () {
  this.timeout(60_000)

  it('the first of which is down: all goes to the second, and the first is not tried for each message', async () => {
    const down = await freePort()
    const scene = await openScene({
      // One message a connection, so that each has to choose.
      ini: (host) =>
        `[sender.main]\nhost=127.0.0.1:${down}, ${host}\nmax_connections=1\nmax_messages_per_connection=1\n`,
    })
    try {
      await scene.submit(...batch(10))
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.deepEqual(subjects(scene.relay), inOrder(10))
      assert.equal(scene.haraka.output.match(/ECONNREFUSED/g)?.length, 1)
      assert.deepEqual(rests(scene, 'begin'), [])
      assertNoFailures(scene)
    } finally {
      await scene.remove()
    }
  })

  describe('the first of which greets with', () => {
    const GREETINGS: readonly Answer[] = [
      '421 4.3.2 too busy',
      '554 5.7.1 not here',
      { reply: '421 4.3.2 too busy', then: 'close' },
      { raw: '', then: 'reset' },
      { raw: 'SSH-2.0-OpenSSH_9.6\r\n' },
    ]
    const from = (i: number): string => `joe@s${i}.example.com`
    const firsts: ScriptedRelay[] = []
    let scene: Scene

    before(async () => {
      for (const greeting of GREETINGS) firsts.push(await startScriptedRelay({ greeting }))
      scene = await openScene({
        ini: (host) =>
          firsts
            .map(
              ({ port }, i) =>
                `[sender.s${i}]\nhost=127.0.0.1:${port}, ${host}\nfilter[]=From: ${from(i)}\nmax_connections=2\n`,
            )
            .join(''),
      })
      await scene.submit(...GREETINGS.flatMap((_, i) => batch(6, from(i))))
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
    })

    after(async () => {
      await scene.remove()
      for (const relay of firsts) await relay.close()
    })

    GREETINGS.forEach((greeting, i) => {
      it(`${JSON.stringify(greeting)}: all goes to the second`, () => {
        const { connections } = firsts[i]!
        assert.ok(connections.length > 0)
        assert.ok(connections.every(({ commands }) => !commands.some((command) => command.startsWith('MAIL '))))
        const messages = scene.relay.messages.filter(({ mailFrom }) => mailFrom === from(i))
        assert.deepEqual(subjects({ ...scene.relay, messages }).sort(), inOrder(6))
        assertNoFailures(scene)
      })
    })
  })
})
