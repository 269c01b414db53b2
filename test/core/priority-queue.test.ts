import assert from 'node:assert/strict'

import fc from 'fast-check'

import { PriorityQueue } from '../../lib/core/priority-queue.js'

describe('PriorityQueue', () => {
  it('gives back whatever was pushed, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const queue = new PriorityQueue<number>((a, b) => a < b)
        for (const number of numbers) queue.push(number)
        assert.equal(queue.size, numbers.length)
        assert.equal(queue.peek(), numbers.length ? numbers.reduce((a, b) => Math.min(a, b)) : undefined)
        const popped = numbers.map(() => queue.pop())
        assert.deepEqual(
          popped,
          [...numbers].sort((a, b) => a - b),
        )
        assert.equal(queue.pop(), undefined)
      }),
    )
  })

  it('looks at O(log n) of 100,000 items to add or take one', () => {
    let comparisons = 0
    const queue = new PriorityQueue<number>((a, b) => {
      comparisons++
      return a < b
    })
    const items = 100_000
    const depth = Math.ceil(Math.log2(items)) + 1
    const cost = (work: () => unknown): number => {
      comparisons = 0
      work()
      return comparisons
    }
    let worstPush = 0
    let worstPop = 0
    // Falling numbers are the worst case of push: each climbs to the top.
    for (let i = items; i > 0; i--)
      worstPush = Math.max(
        worstPush,
        cost(() => queue.push(i)),
      )
    for (let i = 0; i < items; i++)
      worstPop = Math.max(
        worstPop,
        cost(() => queue.pop()),
      )
    assert.ok(worstPush <= depth, `${worstPush} comparisons to push`)
    assert.ok(worstPop <= 2 * depth, `${worstPop} comparisons to pop`)
  })
})
