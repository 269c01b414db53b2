/**
 * The next message over a connection waits until the disk knows what became of the one before: a Haraka that is killed
 * from then on does not send that one again. Here the disk is slow.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'

const SLOW_MS = 300

const SLOW_DISK = `
const fs = require('fs')
const promises = require('fs/promises')
const { unlink } = fs
fs.unlink = (name, done) => setTimeout(() => unlink(name, done), ${SLOW_MS})
const { rename } = promises
const isQueued = (name) => require('path').basename(name).match(/^\\d+_\\d+_0_/)
// What comes in is renamed, too: that is not slow.
promises.rename = async (from, to) => {
  if (!isQueued(to) || require('fs').existsSync(to)) await new Promise((resolve) => setTimeout(resolve, ${SLOW_MS}))
  return rename(from, to)
}
`

describe('the next message over a connection', function () {
  this.timeout(60_000)

  for (const [what, first, left] of [
    ['until the file of the one before is gone', ['ann@x.test'], []],
    ['until who has the one before is out of its file', ['ann@x.test', 'late@x.test'], ['late@x.test']],
  ] as const)
    it(`waits ${what}`, async () => {
      const relay = await startScriptedRelay()
      const haraka = await HarakaInstance.start({
        plugins: { slow: SLOW_DISK },
        ini: `[sender.main]\nhost=127.0.0.1:${relay.port}\nmax_connections=1\n`,
      })
      try {
        let seen: string[] | undefined
        relay.set({
          rcpt: { byAddress: { 'late@x.test': '450 4.2.1 later' } },
          mail: ({ nth }) => {
            if (nth !== 1) return undefined
            const before = haraka.queued().find(({ text }) => text.includes('Subject: one\r\n'))
            seen = before?.rcpt_to.map(({ original }) => original.replaceAll(/[<>]/g, '')) ?? []
            return undefined
          },
        })
        await submit(haraka.port, [
          identified('one', 'joe@example.com', first),
          identified('two', 'joe@example.com', ['bob@x.test']),
        ])
        await relay.waitFor(2)
        assert.equal(relay.connections.length, 1)
        assert.deepEqual(seen, left)
        await until('only those wait', () => haraka.queue().length === left.length)
      } finally {
        await haraka.remove()
        await relay.close()
      }
    })
})
