import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

/** Flushes the queue for a domain, as `haraka --qunstick` does, when a sender asks for it. */
const FLUSH = `
exports.hook_mail = function (next, connection, params) {
  if (params[0].user === 'flush') this.haraka_require('outbound').flush_queue('example.net')
  next()
}
`

const message = (to: string, subject = 'one') => ({ from: 'joe@example.com', to: [to], data: plainMessage(subject) })

describe('an item that Haraka offers twice', function () {
  this.timeout(60_000)

  it('is sent once when it is flushed while it waits for its turn', async () => {
    let release: (value: unknown) => void = () => undefined
    const held = new Promise((resolve) => (release = resolve))
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=1\n`,
      relay: { endOfData: ({ nth }) => (nth === 0 ? { reply: '250 2.0.0 ok', after: held } : undefined) },
      plugins: { flush: FLUSH },
    })
    try {
      await scene.submit(message('first@example.net', 'first'), message('ann@example.net', 'second'))
      await until('the first is on its way', () => scene.relay.connections[0]?.commands.includes('.') ?? false)
      await scene.submit({ ...message('cat@example.org', 'third'), from: 'flush@example.com' })
      await scene.haraka.waitForLog(
        /\[relayout\] duplicate .*a second time while it is in hand or just done[^]*duplicate /,
      )
      release(undefined)
      await scene.relay.waitFor(3)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.deepEqual(subjects(scene.relay), ['first', 'second', 'third'])
    } finally {
      await scene.remove()
    }
  })
})
