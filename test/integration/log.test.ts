import assert from 'node:assert/strict'

import { openScene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

/** Tries to end the line, to add a field, to close a quote, to move the cursor. */
const NASTY = 'x" retry=0 sender=evil \\" \u001b[2J\r\n[NOTICE] [-] [relayout] skip sender=forged \u202e\u0085\u2028'

const AS_LUA = [...Buffer.from(NASTY)].map((byte) => `\\${byte}`).join('')

describe('the log', function () {
  this.timeout(60_000)

  for (const format of ['default', 'logfmt', 'json'] as const) {
    it(`in Haraka's format ${format}: no reason and no reply breaks a line or forges a field`, async () => {
      const scene = await openScene({
        config: { 'log.ini': `[main]\nlevel=info\ntimestamps=false\nformat=${format}\n` },
        script: `
          function CheckFile(f, actions, s, c, from)
            if from == "skip@example.com" then actions.SkipSend, actions.Reason = true, "${AS_LUA}" end
            print("${AS_LUA}")
            return actions
          end
          function ReturnCodeHandler(command, full) if command == "." then return "250 " .. full end end`,
        relay: { endOfData: { raw: `250 2.0.0 x" new=forged \\ \u001b[2J\u0007 sender=evil\r\n` } },
      })
      try {
        const message = { from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage('one') }
        await scene.submit(message, { ...message, from: 'skip@example.com' })
        await scene.haraka.waitForLog(/close/)
        await scene.haraka.waitForLog(/forged/)
        const lines = scene.haraka.output.split('\n').filter((line) => line.includes('relayout'))
        // eslint-disable-next-line no-control-regex -- that there are none is the point
        for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u202e]/)
        const nasty = lines.filter((line) => /evil|forged/.test(line) && !line.includes('loading'))
        assert.ok(nasty.length >= 3, nasty.join('\n'))
        for (const line of nasty) {
          if (format === 'json') {
            const fields = JSON.parse(line) as Record<string, unknown>
            assert.equal(fields['sender'], 'main')
            assert.equal(fields['origin'], 'relayout')
          } else {
            // What is left without the quoted values is ours alone.
            const unquoted = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
            assert.doesNotMatch(unquoted, /evil|forged/)
            assert.equal(unquoted.match(/sender=/g)?.length, 1)
          }
        }
      } finally {
        await scene.remove()
      }
    })
  }
})
