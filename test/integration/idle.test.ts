import assert from 'node:assert/strict'

import { HarakaInstance, until } from '../support/haraka-instance.js'
import { openScene, type Scene, subjects } from '../support/scene.js'
import { type Answer, type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage, submit } from '../support/submit.js'
import { count } from '../support/transactions.js'

const message = (subject = 'one', to: readonly string[] = ['ann@example.net']) => ({
  from: 'joe@example.com',
  to,
  data: plainMessage(subject),
})

async function delivered(scene: Scene, number: number): Promise<void> {
  await scene.relay.waitFor(number)
  await until('the queue is empty', () => scene.haraka.queue().length === 0)
}

describe('a connection without work', function () {
  this.timeout(60_000)

  it('gets QUIT after idle_timeout; the script sees the reply, the log says what went over it', async () => {
    const scene = await openScene({
      ini: (host) => `[main]\nsession_idle=20s\n[sender.main]\nhost=${host}\nmax_connections=1\nidle_timeout=1s\n`,
      script: 'function ReturnCodeHandler(command, full) if command == "QUIT" then print("seen " .. full) end end',
      relay: {
        quit: '221-2.0.0 good\r\n221 2.0.0 bye',
        rcpt: { byAddress: { 'cat@example.net': '550 5.1.1 unknown' } },
        endOfData: ({ nth }) => (nth === 2 ? '451 4.3.0 later' : undefined),
      },
    })
    try {
      await scene.submit(message('one', ['ann@example.net', 'bob@example.net', 'cat@example.net']), message('two'))
      // Neither the bounce nor what is refused counts as delivered, but the bounce goes over the same connection.
      await scene.relay.waitFor(2)
      await scene.relay.until(() => scene.relay.connections[0]?.ended !== undefined)
      assert.deepEqual([scene.relay.connections.length, scene.relay.connections[0]?.ended], [1, 'quit'])
      assert.deepEqual(subjects(scene.relay).slice(0, 2), ['one', 'two'])
      const [, recipients] = await scene.haraka.waitForLog(
        /\[INFO\] \[-\] \[relayout\] close sender=main server=127.0.0.1 messages=2 recipients=(\d+) why=idle_timeout\n/,
      )
      assert.equal(Number(recipients), 3)
      await scene.haraka.waitForLog(/print .*text="seen 221-2.0.0 good.*221 2.0.0 bye"/)
    } finally {
      await scene.remove()
    }
  })

  describe('to a relay server that', () => {
    const QUITS: Readonly<Record<string, Answer>> = {
      'never answers QUIT': { after: new Promise<never>(() => undefined) },
      'answers QUIT and never closes': { stay: true },
      'closes instead of answering QUIT': { silent: true },
      'answers QUIT with what is no reply': { raw: 'gar\0bage\r\n' },
      'answers QUIT with 421': '421 4.3.2 me first',
    }
    const names = Object.keys(QUITS)
    const relays: ScriptedRelay[] = []
    const from = (i: number): string => `joe@s${i}.example.com`
    let haraka: HarakaInstance

    before(async () => {
      for (const quit of Object.values(QUITS)) relays.push(await startScriptedRelay({ quit }))
      haraka = await HarakaInstance.start({
        ini: relays
          .map(
            ({ port }, i) =>
              `[sender.s${i}]\nhost=127.0.0.1:${port}\nfilter[]=From: *@s${i}.example.com\nmax_connections=1\nidle_timeout=200ms\n`,
          )
          .join(''),
      })
      const all = (subject: string) => names.map((_, i) => ({ ...message(subject), from: from(i) }))
      await submit(haraka.port, all('one'))
      await until('each connection had its QUIT', () =>
        relays.every(({ connections: [first] }) => first && count(first, 'QUIT') === 1),
      )
      await submit(haraka.port, all('two'))
      await until('the queue is empty', () => haraka.queue().length === 0)
    })

    after(async () => {
      await haraka.remove()
      for (const relay of relays) await relay.close()
    })

    names.forEach((name, i) => {
      it(`${name}: it is gone soon, and the next message has a new one`, async () => {
        await haraka.waitForLog(new RegExp(`close sender=s${i} .*messages=1 recipients=1 why=`))
        assert.deepEqual(subjects(relays[i]!), ['one', 'two'])
        assert.equal(relays[i]!.connections.length, 2)
        // The one that never closes its side counts it as open.
        assert.equal(relays[i]!.maxOpen, name.includes('never closes') ? 2 : 1)
        assert.doesNotMatch(haraka.output, /Temp failing|Ongoing connection failed/)
      })
    })
  })

  it('that the relay server ends, by a word or without one, costs the next message nothing', async () => {
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=1\nidle_timeout=30s\n`,
    })
    try {
      const ends: ((connection: Scene['relay']['connections'][number]) => void)[] = [
        (connection) => connection.drop('close'),
        (connection) => connection.drop('reset'),
        (connection) => connection.send('421 4.3.2 shutting down\r\n'),
        (connection) => connection.send('250 2.0.0 unasked\r\n'),
      ]
      for (const [i, end] of ends.entries()) {
        await scene.submit(message(`n${i}`))
        await delivered(scene, i + 1)
        end(scene.relay.connections[i]!)
      }
      await scene.submit(message('last'))
      await delivered(scene, ends.length + 1)
      assert.deepEqual(subjects(scene.relay), ['n0', 'n1', 'n2', 'n3', 'last'])
      assert.doesNotMatch(scene.haraka.output, /Temp failing|fails=[1-9]/)
      assert.equal(scene.relay.connections.length, ends.length + 1)
    } finally {
      await scene.remove()
    }
  })

  it('gets QUIT when Haraka shuts down, and does not keep it', async () => {
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=3\nidle_timeout=1h\n`,
      relay: { greeting: { after: new Promise((resolve) => setTimeout(resolve, 500)) } },
      stopped: true,
    })
    try {
      // Haraka leaves at once on SIGTERM, and on SIGINT without this setting.
      const { haraka } = scene
      haraka.write('config/smtp.ini', `listen=127.0.0.1:${haraka.port}\nnodes=0\ngraceful_shutdown=true\n`)
      await haraka.start()
      await scene.submit(...Array.from({ length: 3 }, (_, i) => message(`n${i}`)))
      await delivered(scene, 3)
      await haraka.stop('SIGINT')
      await until('all connections are closed', () => scene.relay.openNow === 0)
      assert.deepEqual(
        scene.relay.connections.map(({ ended }) => ended),
        ['quit', 'quit', 'quit'],
      )
      await until('that is logged', () => haraka.output.match(/close .*why=shutdown/g)?.length === 3)
      assert.doesNotMatch(haraka.output, /Failed to shutdown naturally/)
    } finally {
      await scene.remove()
    }
  })
})
