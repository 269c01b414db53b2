import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'
import type { QueueReport } from './support/queue-report.js'
import { relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const MESSAGES = 300

describe('relayout queue while Haraka runs', function () {
  this.timeout(60_000)
  let scene: Scene
  const report = () => relayoutJson<QueueReport>(['queue'], { cwd: scene.haraka.folder })

  beforeEach(async () => {
    scene = await openScene({ relay: { rcpt: { byAddress: { 'busy@example.net': '451 4.3.0 Not now' } } } })
  })

  afterEach(() => scene.remove())

  it('shows when a message that was deferred is tried next', async () => {
    await scene.submit({ from: 'ann@example.com', to: ['busy@example.net'], data: plainMessage('later') })
    await until('it is deferred', () => scene.haraka.queue().some((name) => name.split('_')[2] === '1'))
    const deferred = await report()
    assertSchema('queue', deferred)
    assert.deepEqual(
      deferred.items.map(({ sender, attempts, nextTry, position }) => [
        sender,
        attempts,
        nextTry !== undefined,
        position,
      ]),
      [['main', 1, true, undefined]],
    )
  })

  it('takes a file that vanishes for delivered, and never for damaged', async () => {
    const letters = Array.from({ length: MESSAGES }, (_, i) => ({
      from: 'ann@example.com',
      to: [`user${i}@example.net`],
      data: plainMessage(`letter ${i}`),
    }))
    const submitted = scene.submit(...letters)
    do {
      const { files, items } = await report()
      assert.deepEqual([files.damaged.count, files.unreadable.count, files.givenUp.count], [0, 0, 0])
      assert.equal(new Set(items.map(({ uuid }) => uuid)).size, items.length)
    } while (scene.relay.messages.length < MESSAGES)
    await submitted
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
    assert.deepEqual((await report()).items, [])
  })
})
