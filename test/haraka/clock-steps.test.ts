import assert from 'node:assert/strict'

import { followClock } from '../../lib/haraka/clock-steps.js'

/** A clock that can be set, with one timer. */
function clockAt(nowMs: number) {
  let monotonic = 0
  let fire: () => void = () => undefined
  return {
    now: () => nowMs + monotonic,
    monotonicMs: () => monotonic,
    after: (_: number, then: () => void) => ((fire = then), () => undefined),
    set: (byMs: number) => (nowMs += byMs),
    pass(ms: number) {
      monotonic += ms
      fire()
    },
  }
}

describe('waits of Haraka when the clock is set', () => {
  for (const [by, waits] of [
    [-3_600_000, 5_000],
    [-86_400_000, 5_000],
    [-400, 5_400],
    [3_600_000, -3_595_000],
  ] as const)
    it(`by ${by / 1000} s: ${waits / 1000} s are left of 6, a second later`, () => {
      const clock = clockAt(1e12)
      const wait = { fire_time: clock.now() + 6_000 }
      followClock(
        clock,
        () => [wait],
        () => undefined,
      )
      clock.set(by)
      clock.pass(1_000)
      assert.equal(wait.fire_time - clock.now(), waits)
      clock.pass(1_000)
      assert.equal(wait.fire_time - clock.now(), waits - 1_000)
    })
})
