/**
 * A message is said to be queued only when its name in the queue folder is on the disk: else it would be lost with the
 * power. That the disk keeps what fsync has brought to it is left to the system.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { HarakaInstance } from '../support/haraka-instance.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'

const TELLS = `
const promises = require('fs/promises')
const path = require('path')
const queue = path.join(process.env.HARAKA, 'queue')
const { open, rename } = promises
const say = (what) => process.stdout.write(what + '\\n')
promises.rename = async (from, to) => {
  await rename(from, to)
  if (path.dirname(String(to)) === queue) say('named ' + path.basename(to))
}
promises.open = async (name, ...rest) => {
  const handle = await open(name, ...rest)
  if (name !== queue) return handle
  const sync = handle.sync.bind(handle)
  handle.sync = async () => {
    say('sync begins')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    if (process.env.FAILS) throw new Error('EIO: i/o error')
    await sync()
    say('sync ends')
  }
  return handle
}
exports.hook_queue_ok = (next, connection) => {
  say('told ' + connection.transaction.mail_from.user)
  next()
}
`

describe('the names in the queue folder', function () {
  this.timeout(60_000)

  async function within(env: Record<string, string>, test: (haraka: HarakaInstance) => Promise<void>): Promise<void> {
    const relay = await startScriptedRelay()
    const haraka = await HarakaInstance.start({
      plugins: { tells: TELLS },
      ini: `[sender.main]\nhost=127.0.0.1:${relay.port}\n`,
      env,
    })
    try {
      await test(haraka)
    } finally {
      await haraka.remove()
      await relay.close()
    }
  }

  const send = (haraka: HarakaInstance, from: string): Promise<string[]> =>
    submit(haraka.port, [identified(from, `${from}@example.com`, [`${from}@x.test`])])

  it('are on the disk when the client is told, and one fsync serves many', async () => {
    await within({}, async (haraka) => {
      const names = Array.from({ length: 20 }, (_, i) => `m${i}`)
      await Promise.all(names.map((name) => send(haraka, name)))
      const told = haraka.output.split('\n').filter((line) => /^(named|sync|told)/.test(line))
      assert.equal(told.filter((line) => line.startsWith('told')).length, names.length)
      let [named, begun, synced, ends] = [0, 0, 0, 0]
      told.forEach((line, i) => {
        if (line.startsWith('named')) named++
        if (line === 'sync begins') begun = named
        if (line === 'sync ends') {
          synced = begun
          ends++
        }
        const tellsOf = told.slice(0, i + 1).filter((before) => before.startsWith('told')).length
        assert.ok(tellsOf <= synced, told.slice(0, i + 1).join('\n'))
      })
      assert.ok(ends < names.length / 2, `${ends} times`)
    })
  })

  it('may fail to get there: the client is told that it is queued, since it is, and the log says what could be lost', async () => {
    await within({ FAILS: '1' }, async (haraka) => {
      await send(haraka, 'one')
      assert.match(haraka.output, /\[ERROR\] .*queue error=".*cannot be brought to the disk: Error: EIO/)
    })
  })
})
