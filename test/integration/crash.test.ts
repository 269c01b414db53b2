import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const COUNT = 60

const SCRIPT = `
function CheckFile(filename, actions, size, created, from, recipients, headerdata)
  actions.Priority = tonumber(string.match(headerdata.Subject, "%d+")) % 100
  return actions
end
function ReturnCodeHandler(command, full, last) end
`

describe('Haraka stopped in the middle of a queue', function () {
  this.timeout(60_000)

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const nodes of [0, 1]) {
      it(`by ${signal}, ${nodes ? 'with a worker process' : 'in one process'}: nothing is lost, nothing acknowledged is sent again`, async () => {
        const scene = await openScene({
          nodes,
          script: SCRIPT,
          ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=1\n`,
          config: { 'outbound.ini': 'disabled=true\n' },
        })
        try {
          await scene.submit(
            ...Array.from({ length: COUNT }, (_, i) => ({
              from: 'joe@example.com',
              to: ['ann@example.net'],
              data: plainMessage(`n${i}`),
            })),
          )
          await scene.haraka.stop()
          scene.haraka.write('config/outbound.ini', 'disabled=false\n')
          let stops = 0
          for (const stopAfter of [5, 20, 40]) {
            await scene.haraka.start()
            await scene.relay.waitFor(stopAfter)
            await scene.haraka.stop(signal)
            await scene.relay.until(() => scene.relay.openNow === 0)
            stops++
          }
          await scene.haraka.start()
          await until('the queue is empty', () => scene.haraka.queue().length === 0)
          const sent = subjects(scene.relay)
          assert.equal(new Set(sent).size, COUNT)
          assert.ok(sent.length <= COUNT + stops, `${sent.length - COUNT} were sent again in ${stops} stops`)
        } finally {
          await scene.remove()
        }
      })
    }
  }
})
