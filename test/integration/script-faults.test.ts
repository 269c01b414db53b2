import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const message = (subject: string) => ({
  from: 'joe@example.com',
  to: ['ann@example.net'],
  data: plainMessage(subject),
})

interface Fault {
  readonly name: string
  /** The script; the fault stands in line 2. */
  readonly script: string
  /** What the log says. */
  readonly logged: RegExp
  /** Under `hold` the messages wait; a failed ReturnCodeHandler or ServerConnected holds nothing back. */
  readonly holds: boolean
}

const fault = (name: string, callback: string, line: string, logged: RegExp, holds = true): Fault => ({
  name: `${name} in ${callback || 'the top level'}`,
  script: callback ? `function ${callback}(...)\n${line}\nend\n` : `\n${line}\n`,
  logged,
  holds,
})

const LOOP = 'while true do end'
const THROW = 'error("no such rule")'
const INDEX = 'local t = nil; return t.x'

const FAULTS: readonly Fault[] = [
  fault('a syntax error', '', 'function CheckFile( return', /kind=syntax .*relayout\.lua:2:/),
  fault('a runtime error', '', THROW, /kind=runtime .*relayout\.lua:2: no such rule/),
  fault('an endless loop', '', LOOP, /kind=timeout .*relayout\.lua:2/),
  ...['Start', 'CheckFile'].flatMap((callback) => [
    fault('a runtime error', callback, INDEX, new RegExp(`function=${callback} .*relayout\\.lua:2:`)),
    fault('an endless loop', callback, LOOP, new RegExp(`function=${callback} .*kind=timeout .*relayout\\.lua:2`)),
  ]),
  fault('a string as result', 'CheckFile', 'return "skip"', /function=CheckFile .*kind=type/),
  fault('a number as result', 'CheckFile', 'return 1', /function=CheckFile .*kind=type/),
  ...['ServerConnected', 'ReturnCodeHandler'].flatMap((callback) => [
    fault('a runtime error', callback, INDEX, new RegExp(`function=${callback} .*relayout\\.lua:2:`), false),
    fault('an endless loop', callback, LOOP, new RegExp(`function=${callback} .*kind=timeout`), false),
  ]),
]

describe('a fault of the script', function () {
  this.timeout(60_000)

  for (const onScriptError of ['send', 'hold'] as const) {
    describe(`under on_script_error = ${onScriptError}`, () => {
      for (const { name, script, logged, holds } of FAULTS) {
        const waits = onScriptError === 'hold' && holds
        it(`${name}: the message ${waits ? 'waits' : 'is delivered once'}, another sender's is delivered`, async () => {
          const scene = await openScene({
            ini: (host) =>
              `[main]\non_script_error=${onScriptError}\nscript_timeout=300ms\n` +
              `[sender.broken]\nhost=${host}\nfilter[]=From: *@broken.example.com\n` +
              `[sender.sound]\nhost=${host}\nscript=sound.lua\n`,
            script,
            config: { 'sound.lua': 'function CheckFile(f, actions) actions.Priority = 60 return actions end\n' },
          })
          try {
            await scene.submit({ ...message('broken'), from: 'joe@broken.example.com' }, message('sound'))
            await scene.haraka.waitForLog(new RegExp(`\\[relayout\\] script sender=broken .*${logged.source}`))
            if (waits) {
              await scene.haraka.waitForLog(/\[relayout\] skip sender=broken reason=".*relayout\.lua.*" retry=60/)
              await scene.relay.waitFor(1)
              await until('only the broken sender waits', () => scene.haraka.queue().length === 1)
              assert.deepEqual(subjects(scene.relay), ['sound'])
            } else {
              await scene.relay.waitFor(2)
              await until('the queue is empty', () => scene.haraka.queue().length === 0)
              assert.deepEqual(subjects(scene.relay).sort(), ['broken', 'sound'])
            }
            assert.match(scene.haraka.output, /\[INFO\] \[\S+\] \[relayout\] send sender=sound priority=60/)
          } finally {
            await scene.remove()
          }
        })
      }
    })
  }

  it('that hangs holds up no sender behind it, nor uses up its places among Haraka’s deliveries', async () => {
    const scene = await openScene({
      ini: (host) =>
        `[main]\nscript_timeout=1s\n[sender.hangs]\nhost=${host}\nfilter[]=From: *@hangs.example.com\n` +
        `[sender.sound]\nhost=${host}\nscript=sound.lua\n`,
      script: `function CheckFile() ${LOOP} end\n`,
      config: {
        'sound.lua': 'function CheckFile(f, actions) return actions end\n',
        'outbound.ini': 'concurrency_max=2\n',
      },
    })
    try {
      const hanging = Array.from({ length: 4 }, (_, i) => ({ ...message(`hangs ${i}`), from: 'joe@hangs.example.com' }))
      await scene.submit(...hanging, message('sound'))
      await scene.relay.waitFor(5)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      const [first, ...others] = subjects(scene.relay)
      // Two of them may be on their way at one time.
      assert.deepEqual([first, ...others.sort()], ['sound', 'hangs 0', 'hangs 1', 'hangs 2', 'hangs 3'])
      await scene.haraka.waitForLog(/kind=timeout/)
    } finally {
      await scene.remove()
    }
  })

  it('broken by an edit while running: the script before stays in force, and the next good edit replaces it', async () => {
    const withPriority = (priority: number): string =>
      `function CheckFile(f, actions) actions.Priority = ${priority} return actions end\n`
    const scene = await openScene({ script: withPriority(70) })
    try {
      await scene.submit(message('first'))
      await scene.haraka.waitForLog(/send sender=main priority=70/)
      scene.haraka.write('config/relayout.lua', 'function CheckFile( oh no')
      await scene.haraka.waitForLog(/\[ERROR\] \[-\] \[relayout\] reload .*relayout\.lua:1:/)
      let logged = scene.haraka.output.length
      await scene.submit(message('second'))
      await scene.haraka.waitForLog(/send sender=main priority=70/, logged)
      logged = scene.haraka.output.length
      scene.haraka.write('config/relayout.lua', withPriority(80))
      await scene.haraka.waitForLog(/\[NOTICE\] \[-\] \[relayout\] reload script=relayout\.lua version=\w+/, logged)
      await scene.submit(message('third'))
      await scene.haraka.waitForLog(/send sender=main priority=80/, logged)
      await scene.relay.waitFor(3)
    } finally {
      await scene.remove()
    }
  })
})
