/**
 * A client is there before Haraka has looked for unfinished files of an earlier process: what is being written for it is
 * not taken for one.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { identified } from '../accounting/identity.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'

/** The folder is read when a file is being written, which gets its name only a second later. */
const EARLY = `
const promises = require('fs/promises')
const path = require('path')
const fs = require('fs')
const queue = path.join(process.env.HARAKA, 'queue')
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const isBeingWritten = () => fs.readdirSync(queue).some((name) => name.startsWith('__tmp__') && !name.includes('_old_'))
const { readdir, rename } = promises
promises.readdir = async (folder, ...rest) => {
  if (folder === queue) while (!isBeingWritten()) await pause(10)
  promises.readdir = readdir
  return readdir(folder, ...rest)
}
promises.rename = async (from, to) => {
  if (path.dirname(String(to)) === queue) await pause(1_000)
  return rename(from, to)
}
`

describe('a client that comes before the queue was read', function () {
  this.timeout(60_000)

  it('is not told to come again; what an earlier process has left is removed', async () => {
    const relay = await startScriptedRelay()
    const haraka = await HarakaInstance.create({
      plugins: { early: EARLY },
      ini: `[sender.main]\nhost=127.0.0.1:${relay.port}\n`,
    })
    const left = path.join(haraka.folder, 'queue', `__tmp__.1700000000000_1700000000000_0_${process.pid}_old_1_host`)
    try {
      fs.mkdirSync(path.dirname(left), { recursive: true })
      fs.writeFileSync(left, 'half')
      await haraka.start()
      await submit(haraka.port, [identified('one', 'joe@example.com', ['ann@x.test'])])
      await relay.waitFor(1)
      await until('the queue is empty', () => haraka.queue().length === 0)
      assert.equal(fs.existsSync(left), false)
    } finally {
      await haraka.remove()
      await relay.close()
    }
  })
})
