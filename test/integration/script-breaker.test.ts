import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const SENDS = 'function CheckFile(_, actions) return actions end\n'
const SKIPS = 'function CheckFile(_, actions) actions.SkipSend = true return actions end\n'
const FAILS = 'function CheckFile(_, actions) error("no such rule") end\n'
const REFUSES = `function ReturnCodeHandler(command, _, line)
  if command:match('^RCPT') then return '550 5.7.1 not today' end
end
`

const batch = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    from: 'joe@example.com',
    to: ['ann@example.net'],
    data: plainMessage(String(from + i)),
  }))

describe('script_breaker', function () {
  this.timeout(60_000)

  async function withBreaker(mode: string, body: (scene: Scene) => Promise<void>): Promise<void> {
    const ini = (host: string): string =>
      `[main]\nscript_breaker=${mode}\nscript_breaker_messages=5\nskip_retry=1h\n[sender.main]\nhost=${host}\n`
    const scene = await openScene({ ini, script: SENDS })
    try {
      await scene.submit(...batch(0, 6))
      await scene.relay.waitFor(6)
      await body(scene)
    } finally {
      await scene.remove()
    }
  }

  async function change(scene: Scene, script: string): Promise<number> {
    const logged = scene.haraka.output.length
    scene.haraka.write('config/relayout.lua', script)
    await scene.haraka.waitForLog(/reload script=relayout\.lua version=\w+/, logged)
    return logged
  }

  for (const [what, script, figures] of [
    ['skips', SKIPS, 'skipped=100% skipped_before=0% messages=5'],
    ['fails', FAILS, 'failed=100% failed_before=0% messages=5'],
    ['turns replies into failures', REFUSES, 'refused=100% refused_before=0% messages=5'],
  ] as const) {
    it(`warns with both figures when a changed script ${what}, and leaves it in force`, async () => {
      await withBreaker('warn', async (scene) => {
        const logged = await change(scene, script)
        await scene.submit(...batch(6, 8))
        const [line] = await scene.haraka.waitForLog(/\[ERROR\] \[-\] \[relayout\] breaker .*/, logged)
        assert.ok(line.includes(`script=relayout.lua version=`), line)
        assert.ok(line.includes(figures), line)
        assert.match(line, /script_breaker = rollback would go back/)
        assert.equal(scene.haraka.events.filter((event) => event.includes('] breaker ')).length <= 1, true)
      })
    })
  }

  it('goes back to the script before when it is told to, and takes the next edit', async () => {
    await withBreaker('rollback', async (scene) => {
      const logged = await change(scene, SKIPS)
      await scene.submit(...batch(6, 5))
      await scene.haraka.waitForLog(/breaker .*skipped=100%.*The version before is in force again/, logged)
      await scene.submit(...batch(20, 3))
      await scene.relay.waitFor(9)
      assert.deepEqual(subjects(scene.relay).slice(6).sort(), ['20', '21', '22'])
      await until('the skipped messages wait', () => scene.haraka.queue().length === 5)
      const next = await change(scene, `${SKIPS}-- on purpose\n`)
      await scene.submit(...batch(30, 1))
      await scene.haraka.waitForLog(/skip sender=main/, next)
    })
  })

  it('says nothing when it is off', async () => {
    await withBreaker('off', async (scene) => {
      await change(scene, SKIPS)
      await scene.submit(...batch(6, 8))
      await until('all are skipped', () => scene.haraka.output.split(' skip sender=main').length === 9)
      assert.doesNotMatch(scene.haraka.output, /breaker/)
    })
  })
})
