import assert from 'node:assert/strict'

import { CircuitBreaker, FIRST_REST_MS, LONGEST_REST_MS } from '../../lib/core/circuit-breaker.js'
import { FakeClock } from '../support/fake-clock.js'

function setup() {
  const clock = new FakeClock()
  const woken: number[] = []
  const breaker = new CircuitBreaker(clock, () => woken.push(clock.monotonicMs()))
  return { clock, breaker, woken }
}

describe('circuit breaker', () => {
  it('rests from 5 s to 5 minutes, twice as long each time, and lets one try in between', () => {
    const { clock, breaker, woken } = setup()
    const rests: number[] = []
    for (let i = 0; i < 9; i++) {
      const rest = breaker.failed()
      assert.ok(rest)
      assert.equal(rest.first, i === 0)
      rests.push(rest.restMs)
      assert.equal(breaker.state, 'resting')
      clock.advance(rest.restMs - 1)
      assert.equal(breaker.state, 'resting')
      clock.advance(1)
      assert.equal(breaker.state, 'probing')
      assert.equal(woken.length, i + 1)
    }
    assert.deepEqual(
      rests,
      [5, 10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * 1000),
    )
    assert.deepEqual([FIRST_REST_MS, LONGEST_REST_MS], [5_000, 300_000])
  })

  it('counts failures that come together as one', () => {
    const { clock, breaker } = setup()
    breaker.failed()
    clock.advance(10)
    assert.equal(breaker.failed(), undefined)
    clock.advance(FIRST_REST_MS - 10)
    assert.equal(breaker.state, 'probing')
    assert.equal(breaker.failed()?.restMs, 2 * FIRST_REST_MS)
  })

  it('is as before when a relay server answers, and says once how long none did', () => {
    const { clock, breaker, woken } = setup()
    breaker.failed()
    clock.advance(FIRST_REST_MS + 700)
    assert.equal(breaker.answered(), FIRST_REST_MS + 700)
    assert.equal(breaker.answered(), undefined)
    assert.equal(breaker.state, 'closed')
    assert.deepEqual(breaker.failed(), { first: true, restMs: FIRST_REST_MS })
    assert.equal(woken.length, 1)
  })

  it('leaves no timer behind', () => {
    const { clock, breaker } = setup()
    breaker.failed()
    breaker.close()
    assert.equal(clock.timers, 0)
    assert.equal(breaker.state, 'closed')
  })
})
