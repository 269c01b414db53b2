/**
 * The threads that the scripts run in are ended again and again while they work, by a script that never returns or takes
 * all memory, and from outside.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { CrashScene } from './crash-scene.js'
import { SCRIPT } from './mail.js'

/** Has the threads that the process starts, and ends one of them now and then, twelve times. */
const THREAD_KILLER = `
const threads = require('worker_threads')
const Original = threads.Worker
const running = new Set()
threads.Worker = class Worker extends Original {
  constructor(...args) {
    super(...args)
    running.add(this)
    this.once('exit', () => running.delete(this))
  }
}
exports.hook_init_master = function (next) {
  let left = 12
  const timer = setInterval(() => {
    const all = [...running]
    const one = all[Math.floor(Math.random() * all.length)]
    if (!one) return
    this.lognotice('a thread is ended')
    one.terminate()
    if (--left === 0) clearInterval(timer)
  }, 500).unref()
  next()
}
`

/** Once in a while it does not come back, in a loop that a hook can end and in one that it cannot, or fills the memory. */
const HOSTILE = `${SCRIPT}
local function harm()
  local chance = math.random()
  if chance < 0.004 then while true do end end
  if chance < 0.008 then return string.find(string.rep("a", 100000), string.rep("a?", 100000) .. "b") end
  if chance < 0.012 then local all = {} while true do all[#all + 1] = string.rep("x", 1000000) .. #all end end
end
local handler = ReturnCodeHandler
function ReturnCodeHandler(command, full, last)
  harm()
  return handler(command, full, last)
end
local check = CheckFile
function CheckFile(...)
  harm()
  return check(...)
end
`

describe('the threads of the scripts ended while they work', function () {
  this.timeout(180_000)

  for (const [how, options, logged] of [
    ['from outside', { plugins: { 'thread-killer': THREAD_KILLER } }, /a thread is ended/],
    ['by what the script does', { script: HOSTILE, main: 'script_memory=16MB' }, /kind=(timeout|memory)/],
  ] as const)
    it(`${how}: nothing is lost, and nothing is sent twice`, async () => {
      const scene = await CrashScene.open({ messages: 150, seed: 11, ...options })
      try {
        await scene.start()
        await scene.handOverAll()
        const account = await scene.drained()
        assertBalanced(account, scene.haraka.output.slice(-5_000))
        assert.equal(scene.inDoubt, 0)
        assert.equal(account.twice.length, 0)
        assert.equal(account.fates.queued, 0)
        // What the script would have changed, it could not where it was ended.
        assert.deepEqual(
          scene.wrongFates.filter((recipient) => !recipient.startsWith('soft')),
          [],
        )
        const ends = scene.haraka.output.match(new RegExp(logged, 'g'))?.length ?? 0
        assert.ok(ends >= 2, `${ends} ends`)
      } finally {
        await scene.remove()
      }
    })
})
