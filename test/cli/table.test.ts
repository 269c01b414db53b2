import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'

import stringWidth from 'string-width'

import { table } from '../../lib/cli/output/table.js'
import { Terminal } from '../../lib/cli/output/terminal.js'

const terminal = (columns: number): Terminal =>
  new Terminal({ out: new PassThrough(), err: new PassThrough(), colours: false, columns, rows: 24, watched: false })

const COLUMNS = [{ title: 'NAME' }, { title: 'REASON', least: 10, wraps: true }] as const

describe('table', () => {
  for (const word of [
    'x'.repeat(90),
    '日本語'.repeat(30),
    'e\u0301'.repeat(90),
    '👍🏽'.repeat(40),
    `ab ${'y'.repeat(70)} c`,
  ]) {
    it(`loses nothing of a text without spaces: ${word.slice(0, 8)}…`, () => {
      for (const columns of [20, 40, 80]) {
        const lines = table(terminal(columns), COLUMNS, [['one', word]])
        for (const line of lines) assert.ok(stringWidth(line) <= columns, line)
        const [, ...shown] = lines
        assert.equal(shown.join('').replaceAll(/[ ]|one/g, ''), word.replaceAll(' ', ''))
      }
    })
  }

  it('is the same for many rows as for few', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => [String(i), `reason ${i}`])
    const lines = table(terminal(80), COLUMNS, rows)
    assert.equal(lines.length, 1_001)
    assert.equal(lines[1_000], '999   reason 999')
  })
})
