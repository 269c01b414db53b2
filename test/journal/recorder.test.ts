import assert from 'node:assert/strict'

import { LONGEST_LINE_BYTES } from '../../lib/journal/journal-reader.js'
import { Recorder } from '../../lib/journal/recorder.js'
import { hashedWording, plainWording, type Wording } from '../../lib/journal/wording.js'
import { FakeClock } from '../support/fake-clock.js'

function recorder(wording: Wording = plainWording): { recorder: Recorder; lines: string[] } {
  const lines: string[] = []
  const writer = { add: (line: string) => void lines.push(line), hold: () => () => undefined }
  return { recorder: new Recorder(writer, wording, new FakeClock()), lines }
}

const PRINT = { sender: 'main', script: 'relayout.lua' }

describe('Recorder', () => {
  it('makes JSON of every text', () => {
    const { recorder: one, lines } = recorder()
    const texts = ['', '"', '\\', 'a\nb\r\0\x1f\x7f', 'jörg', '\u2028 \ufeff', '😀', '\ud800 alone', '\udc00']
    for (const text of texts) one.add('print', { ...PRINT, text }, { id: text, item: 'a"b' })
    for (const [i, line] of lines.entries()) {
      assert.doesNotMatch(line, /[\0-\x1f]/) // eslint-disable-line no-control-regex
      const { id, item, text, pid, event } = JSON.parse(line) as Record<string, unknown>
      assert.deepEqual([id, item, text, pid, event], [texts[i], 'a"b', texts[i], process.pid, 'print'])
    }
  })

  it('leaves out what does not apply, and makes JSON of numbers that are none', () => {
    const { recorder: one, lines } = recorder()
    one.add('send', { sender: 'main', priority: NaN, position: Infinity, waited: 1e-7 })
    one.add('unreachable', { sender: 'main', server: 'a', port: undefined, reason: 'none' })
    assert.match(lines[0] ?? '', /"sender":"main","priority":null,"position":null,"waited":1e-7}$/)
    assert.match(lines[1] ?? '', /"sender":"main","server":"a","reason":"none"}$/)
  })

  it('makes no line that readers refuse for its length', () => {
    const { recorder: one, lines } = recorder(hashedWording(Buffer.alloc(32)))
    const said = `550 5.1.1 ${'no such user '.repeat(150)}`
    const told = Array.from({ length: 20_000 }, (_, i) => ({ to: `${'x'.repeat(200)}${i}@example.net`, said }))
    one.add('outcome', { outcome: 'bounced', reason: said, told, recipients: told.length })
    const [line = ''] = lines
    assert.ok(Buffer.byteLength(line) < LONGEST_LINE_BYTES / 2)
    const record = JSON.parse(line) as { told: { said: string }[]; reason: string }
    assert.equal(record.told.length, 10_000)
    assert.match(record.told[0]?.said ?? '', /^550 5\.1\.1 no such user .*…$/)
    assert.ok(record.reason.length > 1_900)
  })
})
