/**
 * No queue file can be read for a while, as when Haraka has no file descriptor left: what it has met meanwhile goes out
 * when that is over, and Haraka lives.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { identified } from '../accounting/identity.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'

const NO_DESCRIPTORS = `
const fs = require('fs')
const path = require('path')
const flag = path.join(process.env.HARAKA, 'config', 'no-descriptors')
const { open } = fs
fs.open = (name, flags, ...rest) => {
  if (!/\\/queue\\/\\d/.test(String(name)) || flags !== 'r' || !fs.existsSync(flag)) return open(name, flags, ...rest)
  process.nextTick(rest.at(-1), Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }))
}
`

describe('queue files that cannot be read for a while', function () {
  this.timeout(60_000)
  let relay: ScriptedRelay
  let haraka: HarakaInstance

  beforeEach(async () => {
    relay = await startScriptedRelay()
    haraka = await HarakaInstance.create({
      plugins: { descriptors: NO_DESCRIPTORS },
      ini: `[sender.main]\nhost=127.0.0.1:${relay.port}\n`,
    })
  })
  afterEach(async () => {
    await haraka.remove()
    await relay.close()
  })

  const none = (): void => haraka.write('config/no-descriptors', '')
  const again = (): void => fs.rmSync(path.join(haraka.folder, 'config', 'no-descriptors'))
  const UNREAD = /\[ERROR\] .*queue error=".*cannot be read: .*EMFILE.* read again in 2 s/

  async function arrivesOnce(): Promise<void> {
    await haraka.waitForLog(UNREAD)
    assert.equal(relay.messages.length, 0)
    again()
    await relay.waitFor(1)
    await until('the queue is empty', () => haraka.queue().length === 0)
    assert.equal(relay.messages.length, 1)
    assert.ok(haraka.runs)
  }

  it('when a message comes in: it is delivered then', async () => {
    none()
    await haraka.start()
    await submit(haraka.port, [identified('one', 'joe@example.com', ['ann@x.test'])])
    await haraka.waitForLog(UNREAD)
    const [name = ''] = haraka.queue()
    assert.match(name, /^\d+_\d+_0_/, 'no attempt is counted')
    await arrivesOnce()
  })

  for (const attempts of [0, 3, 99])
    it(`when Haraka starts with an item of ${attempts} attempts: it is delivered then`, async () => {
      // Nobody takes it.
      await haraka.start()
      const { port } = relay
      await relay.close()
      await submit(haraka.port, [identified('one', 'joe@example.com', ['ann@x.test'])])
      await haraka.stop()
      const [name = ''] = haraka.queue()
      const queue = path.join(haraka.folder, 'queue')
      fs.renameSync(path.join(queue, name), path.join(queue, name.replace(/_0_/, `_${attempts}_`)))
      relay = await startScriptedRelay({ port })
      none()
      await haraka.start()
      await arrivesOnce()
    })
})
