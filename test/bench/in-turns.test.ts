import assert from 'node:assert/strict'

import { inTurns, paired } from '../../bench/in-turns.js'

describe('measurements in turns', () => {
  it('are taken round by round, each round beginning with the next one, never two at a time', async () => {
    const taken: string[] = []
    let running = 0
    await inTurns(['a', 'b', 'c'], 4, async (name, round) => {
      assert.equal(++running, 1)
      taken.push(`${name}${round}`)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return round
    })
    assert.equal(taken.join(' '), 'a0 b0 c0 b1 c1 a1 c2 a2 b2 a3 b3 c3')
  })

  it('keep the order of the rounds for each, without those that were left out', async () => {
    const results = await inTurns(['a', 'b'], 3, async (name, round) =>
      name === 'b' && round === 1 ? undefined : round,
    )
    assert.deepEqual(results, { a: [0, 1, 2], b: [0, 2] })
  })

  it('are compared within their round', () => {
    assert.deepEqual(
      paired([10, 40, 90], [10, 20, 30], (one, other) => one / other),
      [1, 2, 3],
    )
    assert.deepEqual(
      paired([10, 40], [10, 20, 30], (one, other) => one / other),
      [1, 2],
    )
  })
})
