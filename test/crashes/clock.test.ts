/** The clock is set while messages are sent, wait, and connections and sessions rest. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { assertBalanced } from '../accounting/ledger.js'
import { until } from '../support/haraka-instance.js'
import { CrashScene, pause } from './crash-scene.js'
import { SettableClock } from './settable-clock.js'

const HOUR = 3_600
const DAY = 24 * HOUR

/** Seconds from now to a moment, there and back again across the end of summer time in Berlin. */
const to = (time: string): number => (Date.parse(time) - Date.now()) / 1_000

const STEPS: readonly (readonly [name: string, seconds: () => number])[] = [
  ['an hour forward', () => HOUR],
  ['back again', () => 0],
  ['an hour back', () => -HOUR],
  ['a day forward', () => DAY],
  ['before anything was queued', () => -2 * DAY],
  ['before the end of summer time', () => to('2026-10-25T00:59:59Z')],
  ['after it', () => to('2026-10-25T01:00:01Z')],
  ['into the past century', () => to('1999-12-31T23:59:59Z')],
  ['right again', () => 0],
]

describe('the clock set while Haraka works', function () {
  this.timeout(180_000)

  it('nothing hangs, is lost, sent twice or bounced for it', async function () {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-clock-'))
    const clock = SettableClock.in(folder)
    if (!clock) {
      console.log('      there is no libfaketime: steps of the clock are not tried')
      this.skip()
    }
    // Longer than a message that is skipped waits: the script knows it again.
    const main = 'session_max_age=6s\n'
    const scene = await CrashScene.open({ messages: 180, seed: 5, env: clock.env, main })
    try {
      await scene.start()
      const handedOver = scene.handOverAll()
      for (const [i, [name, seconds]] of STEPS.entries()) {
        await until(`there is mail for the step ${name}`, () => scene.handed >= ((i + 1) * 180) / (STEPS.length + 1))
        await until('some waits', () => scene.haraka.queued().some(({ attempts }) => attempts > 0))
        clock.set(seconds())
        // Not before the plugin had time to look at the clock.
        await pause(1_200)
      }
      await handedOver
      const account = await scene.drained()
      assertBalanced(account, scene.haraka.output.slice(-5_000))
      assert.equal(scene.inDoubt, 0)
      assert.equal(account.twice.length, 0)
      assert.deepEqual(scene.wrongFates, [])
      assert.match(scene.haraka.output, /\[relayout\] clock back=/)
    } finally {
      await scene.remove()
      fs.rmSync(folder, { recursive: true })
    }
  })
})
