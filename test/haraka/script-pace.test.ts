import assert from 'node:assert/strict'

import { ScriptPace, SLOW_MS } from '../../lib/haraka/script-pace.js'
import { FakeClock } from '../support/fake-clock.js'

describe('the pace of a script', () => {
  function setup(): { clock: FakeClock; pace: ScriptPace } {
    const clock = new FakeClock()
    return { clock, pace: new ScriptPace(clock) }
  }

  it('is slow while an answer is overdue, and after one that was until one comes in time', () => {
    const { clock, pace } = setup()
    pace.asked()
    pace.asked()
    clock.advance(SLOW_MS)
    assert.equal(pace.slow, false)
    clock.advance(1)
    assert.equal(pace.slow, true)
    pace.answered()
    assert.equal(pace.slow, true)
    clock.advance(SLOW_MS)
    pace.answered()
    assert.equal(pace.slow, false)
  })

  it('is not slow when very many answers come one after the other', () => {
    const { clock, pace } = setup()
    for (let i = 0; i < 1000; i++) pace.asked()
    for (let i = 0; i < 1000; i++) {
      clock.advance(10)
      pace.answered()
      assert.equal(pace.slow, false)
    }
  })

  it('does not count the time without a question, nor the beginning of a session', () => {
    const { clock, pace } = setup()
    pace.asked()
    clock.advance(SLOW_MS * 3)
    pace.begun()
    clock.advance(SLOW_MS)
    pace.answered()
    clock.advance(SLOW_MS * 10)
    pace.asked()
    assert.equal(pace.slow, false)
  })
})
