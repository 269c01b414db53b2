/**
 * Two workers have one queue folder, and one of them dies.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { HarakaInstance } from '../support/haraka-instance.js'

describe('a worker that takes the place of one that was killed', function () {
  this.timeout(60_000)
  let haraka: HarakaInstance

  before(async () => {
    haraka = await HarakaInstance.start({ nodes: 2 })
    await haraka.waitForLog(/(?:worker \d listening[^]*){2}/)
  })
  after(() => haraka.remove())

  it('removes what that one had not finished writing, and nothing of the one that lives', async () => {
    const [dead, alive] = Array.from(haraka.output.matchAll(/worker started worker=\d pid=(\d+)/g), ([, pid]) =>
      Number(pid),
    )
    assert.ok(dead && alive)
    const unfinished = (pid: number): string => `__tmp__.1_1_0_${pid}_abcdef_1_host`
    for (const pid of [dead, alive]) haraka.write(path.join('queue', unfinished(pid)), 'half a message')
    process.kill(dead, 'SIGKILL')
    // Haraka says that when it has looked through the folder.
    await haraka.waitForLog(new RegExp(`\\[pid: ${dead}\\] \\d+ files old PID queue fixed up`))
    assert.deepEqual(fs.readdirSync(path.join(haraka.folder, 'queue')), [unfinished(alive)])
  })
})
