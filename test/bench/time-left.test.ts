import assert from 'node:assert/strict'

import { TimeLeft } from '../../bench/time-left.js'

describe('the time that a benchmark still takes', () => {
  function of(...seconds: number[]) {
    let nowMs = 0
    const parts = seconds.map((one, at) => ({ name: `part ${at}`, seconds: one }))
    const left = new TimeLeft(parts, () => nowMs)
    return { left, pass: (passed: number) => (nowMs += passed * 1000) }
  }

  it('is what is expected of the parts, less what has passed', () => {
    const { left, pass } = of(100, 200, 300)
    assert.equal(left.seconds, 600)
    pass(40)
    assert.equal(left.seconds, 560)
  })

  it('is corrected by how long the parts took that are over', () => {
    const { left, pass } = of(100, 200, 300)
    pass(150)
    left.next()
    assert.equal(left.seconds, 750)
    pass(300)
    left.next()
    assert.equal(left.seconds, 450)
  })

  it('does not fall below what the parts to come take when one takes longer than expected', () => {
    const { left, pass } = of(100, 200)
    pass(500)
    assert.equal(left.seconds, 200)
  })

  it('is nothing at the end', () => {
    const { left, pass } = of(100)
    pass(90)
    left.next()
    assert.equal(left.seconds, 0)
  })

  it('is told in minutes, the last of it in seconds', () => {
    assert.equal(of(1_790).left.text, 'about 30 min left')
    assert.equal(of(42).left.text, 'about 50 s left')
  })
})
