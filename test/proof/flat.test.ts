import assert from 'node:assert/strict'

import { afterWarmUp, byMinute, grows, percentile, type Sample, trend } from '../../proof/flat.js'

const MINUTE = 60_000

/** One sample a second for so many minutes; `value` of the second. */
const samples = (minutes: number, value: (second: number) => number): Sample[] =>
  Array.from({ length: minutes * 60 }, (_, second) => ({ atMs: second * 1000, value: value(second) }))

describe('what is flat', () => {
  it('compares the last third with the first, after two minutes at most', () => {
    assert.deepEqual(afterWarmUp(1_000, 1_000 + 14 * MINUTE), { fromMs: 1_000 + 2 * MINUTE, toMs: 1_000 + 14 * MINUTE })
    assert.deepEqual(afterWarmUp(0, 4 * MINUTE), { fromMs: MINUTE, toMs: 4 * MINUTE })
    const span = afterWarmUp(0, 14 * MINUTE)
    // Of twelve minutes from the third on, what is in the middle four does not count.
    const steps = samples(14, (second) => (second < 120 ? 999 : second < 360 ? 10 : second < 600 ? 999 : 20))
    assert.deepEqual(trend(steps, span), { first: 10, last: 20, ratio: 2 })
  })

  it('takes the median, or another figure that is asked for', () => {
    const noisy = samples(3, (second) => (second % 10 === 0 ? 1_000 : second % 10 === 1 ? 1 : 50))
    const span = { fromMs: 0, toMs: 3 * MINUTE }
    assert.deepEqual(trend(noisy, span), { first: 50, last: 50, ratio: 1 })
    assert.equal(trend(noisy, span, (values) => Math.min(...values)).last, 1)
    assert.equal(
      trend(
        samples(3, () => 0),
        span,
      ).ratio,
      1,
    )
  })

  it('needs samples in both thirds', () => {
    assert.throws(
      () =>
        trend(
          samples(1, () => 1),
          { fromMs: 0, toMs: 3 * MINUTE },
        ),
      /no sample/,
    )
  })

  it('grows only when it is more by the share and by the amount', () => {
    const allowance = { share: 0.25, amount: 30 }
    const grown = (first: number, last: number): boolean => grows({ first, last, ratio: last / first }, allowance)
    assert.deepEqual([grown(100, 131), grown(100, 130), grown(200, 240), grown(200, 251)], [true, false, false, true])
    assert.equal(grown(100, 50), false)
  })

  it('has percentiles that so many are not above', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    assert.deepEqual(
      [0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share)),
      [50, 95, 99, 100],
    )
    assert.deepEqual([percentile([], 0.5), percentile([7], 0.01)], [0, 7])
  })

  it('sorts samples by minute, and leaves no minute out', () => {
    const found = byMinute([{ atMs: 1_000 }, { atMs: 61_000 }, { atMs: 61_500 }, { atMs: 241_000 }], 1_000)
    assert.deepEqual(
      found.map((minute) => minute.length),
      [1, 2, 0, 0, 1],
    )
  })
})
