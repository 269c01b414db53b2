import assert from 'node:assert/strict'
import { lint } from '../../lib/lint/lint.js'
import { GOOD_SCRIPTS } from './good-scripts.js'

describe('lint finds nothing in', () => {
  for (const [name, script] of GOOD_SCRIPTS) {
    it(name, () => {
      const { callbacks, findings } = lint(Buffer.from(script, 'latin1'))
      assert.deepEqual(findings, [])
      assert.ok(callbacks.length > 0)
    })
  }

  it('the commented-out rules of the script that comes with the plugin', () => {
    const [, script = ''] = GOOD_SCRIPTS[0] ?? []
    const uncommented = script.replace(/^-- (?=function | {2}|end\n)/gm, '')
    const { callbacks, findings } = lint(Buffer.from(uncommented, 'latin1'))
    assert.deepEqual(findings, [])
    assert.equal(callbacks.length, 6)
  })
})
