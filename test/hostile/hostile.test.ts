/**
 * Hostile scripts in a real Haraka, each at a sender of its own, while another sender's mail goes on (contract 4, "What
 * a script cannot do").
 */
import assert from 'node:assert/strict'

import { asPattern, HostileScene, type HostileSender, messagesOf } from './hostile-scene.js'
import { SETTINGS } from './scripts.js'
import { type StallFigures, stallReport } from './stall-plugin.js'

/** The longest time on the CPU for which scripts may hold the main thread. */
const MOST_HELD_MS = 20

for (const { what, limits, scripts } of SETTINGS) {
  describe(`hostile scripts under ${what}`, function () {
    this.timeout(240_000)
    let scene: HostileScene
    let pid: number
    let calm: StallFigures
    let hostile: StallFigures

    before(async () => {
      scene = await HostileScene.open(scripts, limits)
      pid = await scene.pid()
      calm = await scene.calm()
      hostile = await scene.attack()
      await scene.finish()
    })

    after(async () => {
      await scene.remove()
    })

    const senderOf = (script: string): HostileSender => scene.senders.find((sender) => sender.what === script)!

    for (const script of Object.keys(scripts)) {
      it(script, () => {
        const sender = senderOf(script)
        const { name, logged, never = [], outcome = 'delivered' } = sender
        const lines = scene.log.of(name)
        const all = lines.join('\n')
        for (const pattern of logged) {
          const wanted = asPattern(pattern, name)
          assert.ok(
            lines.some((line) => wanted.test(line)),
            `no line like ${String(wanted)} in\n${inBrief(all)}`,
          )
        }
        for (const pattern of never) {
          const unwanted = asPattern(pattern, name)
          assert.deepEqual(lines.filter((line) => unwanted.test(line)).map(inBrief), [])
        }
        const deliveries = [...scene.deliveries(name).values()]
        const count = messagesOf(sender)
        assert.deepEqual(deliveries, outcome === 'skipped' ? [] : Array.from({ length: count }, () => 1), inBrief(all))
        assert.equal(scene.queued(name), outcome === 'skipped' ? count : 0, 'messages left in the queue')
      })
    }

    it('never make a message bounce', () => {
      assert.deepEqual(scene.bounces(), [])
    })

    it('never send a command of their own to the relay server', () => {
      assert.deepEqual(
        scene.commands().filter((command) => /<x>|forged/.test(command)),
        [],
      )
    })

    it('never break or forge a line of the log', () => {
      const forged = scene.log.all.filter((line) =>
        /^\[ERROR\] \[-\] \[relayout\] (?:script sender=good|forged)/.test(line),
      )
      assert.deepEqual(forged, [])
      // eslint-disable-next-line no-control-regex -- that there are none is the point
      const unprintable = /[\x00-\x08\x0e-\x1f\x7f]/
      assert.deepEqual(
        scene.log.all.filter((line) => unprintable.test(line)),
        [],
      )
      assert.deepEqual(
        scene.log.of('good').filter((line) => line.includes('forged') || line.startsWith('[ERROR]')),
        [],
      )
    })

    it('never keep a good message from being delivered exactly once', () => {
      const deliveries = scene.deliveries('good')
      assert.deepEqual(
        [...deliveries].filter(([, count]) => count !== 1),
        [],
      )
      // And the one that was held back.
      assert.equal(deliveries.size, scene.goodMessages + 1)
      assert.equal(scene.queued('good'), 0)
    })

    it('never make the good session forget its variables', () => {
      assert.deepEqual(losses(scene), [])
      const calls = scene.log.of('good').flatMap((line) => /good call (\d+) for/.exec(line)?.[1] ?? [])
      assert.deepEqual(
        calls.map(Number),
        Array.from({ length: scene.goodMessages + 1 }, (_, i) => i + 1),
      )
    })

    it('never end the process', async () => {
      assert.equal(await scene.pid(), pid)
    })

    it(`never hold the main thread for more than ${MOST_HELD_MS} ms of its CPU time`, function () {
      const report = `${stallReport('harmless scripts', calm)}\n${stallReport('hostile scripts', hostile)}`
      console.log(report.replace(/^/gm, '        '))
      if (hostile.stretches === undefined) this.skip()
      const held = hostile.stretches[0]?.cpuMs ?? 0
      assert.ok(held <= MOST_HELD_MS, report)
    })
  })
}

/** After which hostile scripts' failures the good session was begun afresh. */
function losses(scene: HostileScene): string[] {
  const found: string[] = []
  let last = 'nothing'
  let begun = 0
  for (const line of scene.log.all) {
    const name = /^\[ERROR\].* script sender=(h\d+) /.exec(line)?.[1]
    if (name !== undefined) last = scene.senders.find((sender) => sender.name === name)?.what ?? name
    if (line.includes('the good session begins') && ++begun > 1) found.push(last)
  }
  return found
}

function inBrief(text: string): string {
  return text
    .replace(/^.{600}(?=.)/gm, (start) => `${start} …`)
    .replace(/ ….*$/gm, ' …')
    .slice(0, 6000)
}
