import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'

import { until } from '../support/haraka-instance.js'
import { openScene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'
import { gate, transactions } from '../support/transactions.js'

const users = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `user${from + i}@example.net`)

/** More than goes out at once: a connection can be lost in the middle of it. */
const LONG = 'so long\r\n'.repeat(50_000)

describe('the parts of a message', function () {
  this.timeout(60_000)

  it('1,000 recipients at 100: 10 transactions over one connection, at once after each other, no failed attempt', async () => {
    const turns: { mail: number; done: number }[] = []
    const held = gate()
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_recipients_per_message=100\nmax_recipients_per_connection=0\n`,
      relay: {
        mail: () => void turns.push({ mail: performance.now(), done: NaN }),
        endOfData: () => {
          turns.at(-1)!.done = performance.now()
          return turns.length === 6 ? { after: held.opened } : undefined
        },
      },
    })
    try {
      await scene.submit({ from: 'joe@example.com', to: users(0, 1000), data: plainMessage('one') })
      await until('five parts are done', () => scene.relay.messages.length === 5 && !isNaN(turns[5]?.done ?? NaN))
      // What a crash would leave: the recipients that are not done, and no attempt counted.
      const between = scene.haraka.queued().map(({ rcpt_to, attempts, text }) => ({
        rcpt_to: rcpt_to.map(({ original }) => original.slice(1, -1)),
        attempts,
        message: text.includes('Subject: one\r\n') && text.endsWith('\r\n\r\nHello.\r\n'),
      }))
      assert.deepEqual(between, [{ rcpt_to: users(500, 1000), attempts: 0, message: true }])
      held.open()
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.deepEqual(transactions(scene.relay.connections), [Array(10).fill(100)])
      assert.deepEqual(
        scene.relay.messages.flatMap(({ rcptTo }) => rcptTo),
        users(0, 1000),
      )
      assert.equal(new Set(scene.relay.messages.map(({ data }) => data.toString())).size, 1)
      assert.doesNotMatch(scene.haraka.output, /Temp failing|bouncing/)
      const done = () => scene.haraka.output.match(/delivered file=.* fails=0 rcpts=100\/0\/0/g)?.length
      await until('Haraka has logged each part', () => done() === 10)
      // While the sixth was held, the clock ran on for the test's own sake.
      const gaps = turns.slice(1).map(({ mail }, i) => mail - turns[i]!.done)
      gaps.splice(5, 1)
      for (const gap of gaps) assert.ok(gap < 1_000, `${gap} ms between two parts`)
    } finally {
      await scene.remove()
    }
  })

  it('killed in part 4: after the restart the parts that were done are not sent again, all others once', async () => {
    const held = gate()
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_recipients_per_message=10\n`,
      relay: { data: ({ nth }) => (nth === 3 ? { after: held.opened } : undefined) },
    })
    try {
      await scene.submit({ from: 'joe@example.com', to: users(0, 100), data: plainMessage('one') })
      await until(
        'part 4 is under way',
        () => scene.relay.connections[0]?.commands.filter((c) => c === 'DATA').length === 4,
      )
      await scene.haraka.stop('SIGKILL')
      await scene.relay.until(() => scene.relay.openNow === 0)
      assert.equal(scene.relay.messages.length, 3)
      await scene.haraka.start()
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.deepEqual(
        scene.relay.messages.flatMap(({ rcptTo }) => rcptTo),
        users(0, 100),
      )
      assert.equal(new Set(scene.relay.messages.map(({ data }) => data.toString())).size, 1)
    } finally {
      held.open()
      await scene.remove()
    }
  })

  it('whatever fails for a while at whatever stage: in the end each recipient has it once', async () => {
    const failures = ['mail', 'rcpt', 'endOfData', 'body', 'rcptDrop'] as const
    let turn = 0
    let failure: (typeof failures)[number] | undefined
    const drop = { raw: '', then: 'reset' } as const
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_recipients_per_message=10\nmax_messages_per_connection=7\n`,
      plugins: { soon: "exports.hook_deferred = (next) => next(DENYSOFT, '0')" },
      relay: {
        // Every second transaction fails, each time at another stage, until all have had their turn.
        mail: () => {
          failure = turn % 2 === 1 ? failures[(turn - 1) / 2] : undefined
          turn++
          return failure === 'mail' ? '451 4.3.0 later' : undefined
        },
        rcpt: ({ address }) => {
          if (failure === 'rcpt' && address.includes('3@')) return '450 4.2.1 later'
          return failure === 'rcptDrop' && address.includes('6@') ? drop : undefined
        },
        onBody: () => (failure === 'body' ? drop : undefined),
        endOfData: () => (failure === 'endOfData' ? '451 4.3.0 later' : undefined),
      },
    })
    try {
      await scene.submit({ from: 'joe@example.com', to: users(0, 100), data: plainMessage('one', [], LONG) })
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.ok(turn > 2 * failures.length, `${turn} transactions`)
      assert.deepEqual(scene.relay.messages.flatMap(({ rcptTo }) => rcptTo).sort(), users(0, 100).sort())
    } finally {
      await scene.remove()
    }
  })

  it('go by the exchangers that Haraka finds, too, for a sender without host', async () => {
    const scene = await openScene({
      ini: () => '[sender.direct]\nmax_recipients_per_message=100\n',
      plugins: {
        route:
          'exports.hook_get_mx = function (next) { const [exchange, port] = this.config.get("mx").split(":"); next(OK, { exchange, port: Number(port) }) }',
      },
      stopped: true,
    })
    try {
      scene.haraka.write('config/mx', `127.0.0.1:${scene.relay.port}\n`)
      await scene.haraka.start()
      await scene.submit({ from: 'joe@example.com', to: users(0, 350), data: plainMessage('one') })
      await until('the queue is empty', () => scene.relay.messages.length > 0 && scene.haraka.queue().length === 0)
      assert.deepEqual(transactions(scene.relay.connections), [[100, 100, 100, 50]])
      assert.deepEqual(
        scene.relay.messages.flatMap(({ rcptTo }) => rcptTo),
        users(0, 350),
      )
    } finally {
      await scene.remove()
    }
  })
})
