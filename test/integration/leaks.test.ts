import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { plainMessage, submit } from '../support/submit.js'

/** Makes messages, and counts what the process holds, when a message from make-N or from count comes in. */
const CENSUS = `
const v8 = require('node:v8')
const vm = require('node:vm')
v8.setFlagsFromString('--expose-gc')
const gc = vm.runInNewContext('gc')

// Timers that keep no process do not show in getActiveResourcesInfo.
const timers = new Set()
const main = vm.runInThisContext('globalThis')
const { setTimeout: set, clearTimeout: clear } = main
main.setTimeout = (callback, ...rest) => {
  const timer = set((...values) => { timers.delete(timer); callback(...values) }, ...rest)
  timers.add(timer)
  return timer
}
main.clearTimeout = (timer) => { timers.delete(timer); clear(timer) }

const say = (text) => process.stdout.write(text + '\\n')

exports.hook_queue_outbound = function (next, connection) {
  const [what, number] = connection.transaction.mail_from.user.split('-')
  const work = what === 'make' ? make(this.haraka_require('outbound'), Number(number)) : count()
  work.then(say, (error) => say('failed: ' + error))
  next(OK, 'asked')
}

/** Every tenth has a recipient that is refused, so that a part of it bounces. */
async function make(outbound, number) {
  const one = (i) => new Promise((resolve, reject) => {
    const to = ['ann', i % 10 === 3 ? 'refused' : 'bob'].map((user) => '<' + user + '@example.net>')
    const data = 'Subject: n' + i + '\\r\\nFrom: joe@example.com\\r\\n\\r\\nHello.\\r\\n'
    outbound.send_email('<>', to, data, (code, text) => (code === OK ? resolve() : reject(new Error(text))))
  })
  for (let i = 0; i < number; i += 50) await Promise.all(Array.from({ length: 50 }, (_, j) => one(i + j)))
  return 'made'
}

async function count() {
  for (let i = 0; i < 4; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const resources = process.getActiveResourcesInfo().length - sockets
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  const { heapUsed, external } = process.memoryUsage()
  return 'census ' + JSON.stringify({ sockets, resources, listeners, timers: timers.size, bytes: heapUsed + external })
}
`

interface Census {
  /** One is that over which the census was asked for, if it is open still. */
  readonly sockets: number
  /** What keeps the process, but for sockets. */
  readonly resources: number
  /** On the process itself. */
  readonly listeners: number
  /** Those that keep no process too. */
  readonly timers: number
  readonly bytes: number
}

const MAX_CONNECTIONS = 4

/** What a message may leave in memory: the name of its queue file is known for a minute, to be told from a copy. */
const BYTES_A_MESSAGE = 1_000

describe('one process that delivers 10,000 messages', function () {
  this.timeout(120_000)
  let scene: Scene
  let start: Census

  before(async () => {
    scene = await openScene({
      ini: (host) =>
        `[sender.main]\nhost=${host}\nmax_connections=${MAX_CONNECTIONS}\nmax_messages_per_connection=500\nidle_timeout=1s\n`,
      script: 'function ReturnCodeHandler(command, full, last) end',
      config: { 'log.ini': '[main]\nlevel=notice\ntimestamps=false\nformat=default\n' },
      plugins: { census: CENSUS },
      stopped: true,
      relay: {
        rcpt: { byAddress: { 'refused@example.net': '550 5.1.1 unknown' } },
        // A connection that is done with for the server, or lost, now and then.
        mail: ({ nth }) => (nth % 997 === 996 ? { reply: '421 4.3.2 enough', then: 'close' } : undefined),
      },
    })
    const { haraka } = scene
    haraka.write('config/smtp.ini', `listen=127.0.0.1:${haraka.port}\nnodes=0\ngraceful_shutdown=true\n`)
    await haraka.start()
    start = await census()
  })

  after(() => scene.remove())

  async function ask(user: string, answer: RegExp): Promise<string> {
    const from = scene.haraka.output.length
    await submit(scene.haraka.port, [
      { from: `${user}@example.com`, to: ['ann@example.net'], data: plainMessage('ask') },
    ])
    const [, text = ''] = await scene.haraka.waitForLog(answer, from, 60_000)
    return text
  }

  async function census(): Promise<Census> {
    return JSON.parse(await ask('count', /^census (.*)$/m)) as Census
  }

  async function deliver(number: number): Promise<void> {
    const total = scene.relay.messages.length + number
    await ask(`make-${number}`, /^(made)$/m)
    await until('all are delivered', () => scene.relay.messages.length >= total, 90_000)
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
  }

  it('keeps nothing of them', async () => {
    await deliver(2_000)
    const early = await census()
    await deliver(8_000)
    const late = await census()
    assert.equal(scene.relay.messages.length, 10_000)
    assert.equal(scene.relay.messages.filter(({ rcptTo }) => rcptTo.length === 1).length, 1_000)
    assert.ok(scene.relay.connections.length < 60, `${scene.relay.connections.length} connections`)
    assert.ok(scene.relay.maxOpen <= MAX_CONNECTIONS)

    for (const { sockets, listeners, timers } of [early, late]) {
      assert.ok(sockets <= MAX_CONNECTIONS + 1, `${sockets} sockets`)
      assert.equal(listeners, start.listeners)
      // For each connection its deadline and its idle_timeout, and a few of the session.
      assert.ok(timers <= start.timers + 2 * MAX_CONNECTIONS + 4, `${timers} timers`)
    }
    const growth = (late.bytes - early.bytes) / 8_000
    assert.ok(growth < BYTES_A_MESSAGE, `${growth} bytes a message`)
  })

  it('and after idle_timeout holds no more than at its start', async () => {
    await until('the connections are closed', () => scene.relay.openNow === 0)
    await scene.haraka.waitForLog(/session event=end/)
    let end = await census()
    for (let i = 0; i < 20 && (end.sockets > start.sockets || end.timers > start.timers); i++) end = await census()
    assert.ok(end.sockets <= start.sockets, `${end.sockets} sockets`)
    assert.ok(end.timers <= start.timers, `${end.timers} timers`)
    assert.ok(end.resources <= start.resources, `${end.resources} resources`)
    assert.equal(end.listeners, start.listeners)
  })

  it('and ends by itself when it is asked to', async () => {
    await scene.haraka.stop('SIGINT')
    assert.doesNotMatch(scene.haraka.output.slice(-2_000), /Failed to shutdown naturally/)
  })
})
