import assert from 'node:assert/strict'

import { parseEvent, parseFields, parseLogLine, readable } from '../../demo/log-line.js'

const UUID = '1A2B3C4D-0000-4000-8000-000000000000.2.1'

function line(text: string) {
  const parsed = parseLogLine(text)
  assert.ok(parsed, text)
  return parsed
}

describe("a line of Haraka's log", () => {
  it('is taken apart, with or without its time', () => {
    const parsed = line(`2026-01-05T10:00:00.000Z [NOTICE] [${UUID}] [relayout] skip sender=main`)
    assert.match(parsed.time, /^\d\d:\d\d:\d\d$/)
    assert.deepEqual({ ...parsed, time: '' }, line(`[NOTICE] [${UUID}] [relayout] skip sender=main`))
    assert.equal(parseLogLine('loaded TLD files:'), undefined)
  })

  it("of the plugin is an event with its fields, as Haraka's logger quotes them", () => {
    const event = parseEvent(
      line(`[NOTICE] [-] [relayout] skip sender=main reason="a \\"b\\" = \\\\c" retry=60 empty=""`),
    )
    assert.equal(event?.name, 'skip')
    assert.deepEqual(event.fields, { sender: 'main', reason: 'a "b" = \\c', retry: '60', empty: '' })
    assert.equal(parseEvent(line('[INFO] [-] [core] skip sender=main')), undefined)
  })

  it('has no field inside the value of another', () => {
    assert.deepEqual(parseFields('reason="x sender=other" sender=main'), { reason: 'x sender=other', sender: 'main' })
  })

  it('is shown when it is of the plugin, or an alarm', () => {
    const shown = (text: string) => readable(line(text))
    assert.equal(shown(`[NOTICE] [${UUID}] [relayout] skip retry=60`), 'skip       retry=60  [1A2B3C4D.2.1]')
    assert.equal(shown('[ERROR] [-] [relayout] script error=x'), 'ERROR script error=x')
    assert.equal(shown('[WARN] [-] [outbound] hm'), 'Haraka     WARN outbound: hm')
    assert.equal(shown('[INFO] [-] [outbound] hm'), undefined)
    assert.equal(shown('[ERROR] [-] [core] tls key /x/tls_key.pem could not be loaded.'), undefined)
  })
})
