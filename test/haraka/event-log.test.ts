import assert from 'node:assert/strict'

import { EventLog } from '../../lib/haraka/event-log.js'
import type { HarakaPlugin } from '../../lib/haraka/shapes.js'
import { FakeClock } from '../support/fake-clock.js'

function setup() {
  const lines: unknown[][] = []
  const record = (...data: unknown[]): void => void lines.push(data)
  const clock = new FakeClock()
  const log = new EventLog({ logerror: record, lognotice: record } as unknown as HarakaPlugin, clock)
  return { clock, log, fields: () => lines.map((data) => data.at(-1)) }
}

const at = (place: string, text = ''): { place: string; text: string } => ({ place, text })

describe('EventLog', () => {
  it('logs the same failure at most once a minute, then with the number of those in between', () => {
    const { clock, log, fields } = setup()
    const fail = (): void => log.failure(at('one'), 'error', 'script', { error: 'broken' })
    for (let i = 0; i < 5; i++) fail()
    assert.deepEqual(fields(), [{ error: 'broken' }])
    clock.advance(59_999)
    fail()
    assert.equal(fields().length, 1)
    clock.advance(1)
    fail()
    assert.deepEqual(fields().at(-1), { error: 'broken', repeated: '5' })
    clock.advance(60_000)
    fail()
    assert.deepEqual(fields().at(-1), { error: 'broken' })
  })

  it('logs different failures each', () => {
    const { log, fields } = setup()
    log.failure(at('one'), 'error', 'script', { error: '1' })
    log.failure(at('two'), 'error', 'script', { error: '2' })
    assert.equal(fields().length, 2)
  })

  it('takes a failure that has another text each time for the same', () => {
    const { clock, log, fields } = setup()
    const fail = (i: number): void => log.failure(at('one', `message ${i}`), 'error', 'script', { error: String(i) })
    for (let i = 1; i <= 100; i++) fail(i)
    assert.equal(fields().length, 11)
    log.failure(at('two', 'message'), 'error', 'script', { error: 'other' })
    assert.equal(fields().length, 12)
    clock.advance(60_000)
    fail(101)
    assert.deepEqual(fields().at(-1), { error: '101' })
  })

  it('forgets the oldest of very many failures rather than filling the memory', () => {
    const { log, fields } = setup()
    for (let i = 0; i <= 1_000; i++) log.failure(at(String(i)), 'error', 'script', {})
    log.failure(at('1000'), 'error', 'script', {})
    assert.equal(fields().length, 1_001)
    log.failure(at('0'), 'error', 'script', {})
    assert.equal(fields().length, 1_002)
  })
})
