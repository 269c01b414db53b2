import assert from 'node:assert/strict'

import type { Order, Rank } from '../../lib/core/rank.js'
import { BACKLOG_QUIET_MS, LONGEST_COLLECT_MS, Scheduler } from '../../lib/core/scheduler.js'
import { FakeClock } from '../support/fake-clock.js'

interface Setup {
  readonly clock: FakeClock
  readonly scheduler: Scheduler<string>
  readonly started: string[]
  readonly settings: { slots: number; collectMs: number; order: Order; slow: boolean }
}

function setup(settings: Partial<Setup['settings']> = {}): Setup {
  const clock = new FakeClock()
  const started: string[] = []
  const live = { slots: 1, collectMs: 250, order: 'arrival' as Order, slow: false, ...settings }
  const scheduler = new Scheduler<string>({
    clock,
    slots: () => live.slots,
    collectMs: () => live.collectMs,
    order: () => live.order,
    slow: () => live.slow,
    start: (item) => started.push(item),
  })
  return { clock, scheduler, started, settings: live }
}

const rank = (priority: number, arrivalMs = 0, size = 0): Rank => ({ priority, arrivalMs, size })

describe('Scheduler', () => {
  it('starts the highest priority first, then the earlier arrival', () => {
    const { scheduler, started } = setup({ slots: 0 })
    scheduler.offer().take('low', rank(1, 1))
    scheduler.offer().take('late', rank(50, 9))
    scheduler.offer().take('early', rank(50, 2))
    scheduler.offer().take('high', rank(100, 10))
    assert.deepEqual([...started, ...scheduler.drain()], ['high', 'early', 'late', 'low'])
  })

  it('keeps the order of offers where priority and arrival are the same', () => {
    const { scheduler } = setup({ slots: 0 })
    for (let i = 0; i < 50; i++) scheduler.offer().take(String(i), rank(50, 7))
    assert.deepEqual(
      scheduler.drain(),
      Array.from({ length: 50 }, (_, i) => String(i)),
    )
  })

  for (const [order, expected] of [
    ['arrival', ['a', 'b', 'c']],
    ['smallest', ['b', 'c', 'a']],
    ['newest', ['c', 'b', 'a']],
  ] as const) {
    it(`sorts by ${order} within a priority`, () => {
      const { scheduler } = setup({ slots: 0, order })
      scheduler.offer().take('b', rank(50, 2, 10))
      scheduler.offer().take('c', rank(50, 3, 20))
      scheduler.offer().take('a', rank(50, 1, 30))
      assert.deepEqual(scheduler.drain(), expected)
    })
  }

  it('sorts anew what waits when the order setting changes', () => {
    const { scheduler, settings } = setup({ slots: 0 })
    scheduler.offer().take('old', rank(50, 1))
    scheduler.offer().take('middle', rank(50, 2))
    settings.order = 'newest'
    scheduler.offer().take('new', rank(50, 3))
    assert.deepEqual(scheduler.drain(), ['new', 'middle', 'old'])
  })

  it('never runs more than its slots', () => {
    const { scheduler, started } = setup({ slots: 2 })
    for (const item of ['a', 'b', 'c', 'd']) scheduler.offer().take(item, rank(50))
    assert.deepEqual(started, ['a', 'b'])
    assert.equal(scheduler.running, 2)
    assert.equal(scheduler.waiting, 2)
    scheduler.release()
    assert.deepEqual(started, ['a', 'b', 'c'])
  })

  it('starts more at once when the slots grow', () => {
    const { scheduler, started, settings } = setup()
    for (const item of ['a', 'b', 'c']) scheduler.offer().take(item, rank(50))
    settings.slots = 3
    scheduler.refresh()
    assert.deepEqual(started, ['a', 'b', 'c'])
  })

  it('waits for the decision on an offer made before the slot came free', () => {
    const { scheduler, started } = setup()
    scheduler.offer().take('first', rank(50))
    const better = scheduler.offer()
    scheduler.offer().take('worse', rank(10))
    scheduler.release()
    assert.deepEqual(started, ['first'])
    better.take('better', rank(90))
    assert.deepEqual(started, ['first', 'better'])
  })

  it('goes on when that offer is dropped', () => {
    const { scheduler, started } = setup()
    scheduler.offer().take('first', rank(50))
    const undecided = scheduler.offer()
    scheduler.offer().take('next', rank(10))
    scheduler.release()
    undecided.drop()
    assert.deepEqual(started, ['first', 'next'])
  })

  it('does not wait longer than 2 s for an offer where decisions are slow', () => {
    const { clock, scheduler, started, settings } = setup()
    scheduler.offer().take('first', rank(50))
    scheduler.offer()
    clock.advance(500)
    const later = scheduler.offer()
    scheduler.offer().take('next', rank(10))
    scheduler.release()
    clock.advance(LONGEST_COLLECT_MS)
    assert.deepEqual(started, ['first'], 'they are not slow')
    settings.slow = true
    later.take('better', rank(90))
    assert.deepEqual(started, ['first', 'better'])
    scheduler.release()
    assert.deepEqual(started, ['first', 'better', 'next'])
  })

  it('looks again by itself when an offer is waited for no longer', () => {
    const { clock, scheduler, started } = setup({ slow: true })
    scheduler.offer().take('first', rank(50))
    scheduler.offer()
    scheduler.offer().take('next', rank(10))
    scheduler.release()
    clock.advance(LONGEST_COLLECT_MS - 1)
    assert.deepEqual(started, ['first'])
    clock.advance(1)
    assert.deepEqual(started, ['first', 'next'])
  })

  it('does not wait for an offer made after the slot came free', () => {
    const { scheduler, started } = setup()
    scheduler.offer().take('first', rank(50))
    scheduler.release()
    scheduler.offer()
    scheduler.offer().take('second', rank(10))
    assert.deepEqual(started, ['first', 'second'])
  })

  it('starts nothing any more once it is closed', () => {
    const { scheduler, started } = setup()
    for (const item of ['a', 'b']) scheduler.offer().take(item, rank(50))
    scheduler.close()
    scheduler.release()
    assert.deepEqual(started, ['a'])
    assert.deepEqual(scheduler.drain(), ['b'])
  })

  it('refuses to decide an offer twice', () => {
    const { scheduler } = setup()
    const offer = scheduler.offer()
    offer.drop()
    assert.throws(() => offer.drop(), /decided once/)
  })

  describe('at the start of a session', () => {
    it('holds everything back until no offer has come for the collect time', () => {
      const { clock, scheduler, started } = setup({ slots: 5 })
      scheduler.collect()
      scheduler.offer().take('bulk', rank(1))
      clock.advance(200)
      scheduler.offer().take('urgent', rank(100))
      clock.advance(249)
      assert.deepEqual(started, [])
      clock.advance(1)
      assert.deepEqual(started, ['urgent', 'bulk'])
    })

    it('waits 2 s at most, however many offers come', () => {
      const { clock, scheduler, started } = setup({ slots: 100 })
      scheduler.collect()
      for (let ms = 0; ms < LONGEST_COLLECT_MS; ms += 100) {
        scheduler.offer().take(String(ms), rank(50, ms))
        assert.deepEqual(started, [])
        clock.advance(100)
      }
      assert.equal(started.length, LONGEST_COLLECT_MS / 100)
    })

    it('waits for the decisions on the offers so far even then', () => {
      const { clock, scheduler, started } = setup()
      scheduler.collect()
      const slow = scheduler.offer()
      scheduler.offer().take('bulk', rank(1))
      clock.advance(LONGEST_COLLECT_MS)
      assert.deepEqual(started, [])
      slow.take('urgent', rank(100))
      assert.deepEqual(started, ['urgent'])
    })

    it('waits longer for a backlog, whose offers come spread over a second', () => {
      const { clock, scheduler, started } = setup({ slots: 5 })
      scheduler.collect()
      scheduler.offer(true).take('bulk', rank(1))
      clock.advance(900)
      scheduler.offer(true).take('urgent', rank(100))
      clock.advance(BACKLOG_QUIET_MS - 1)
      assert.deepEqual(started, [])
      clock.advance(1)
      assert.deepEqual(started, ['urgent', 'bulk'])
    })

    it('leaves no timer behind', () => {
      const { clock, scheduler } = setup()
      scheduler.collect()
      scheduler.close()
      assert.equal(clock.timers, 0)
    })
  })

  it('keeps 100,000 waiting messages in exact order', () => {
    const { scheduler } = setup({ slots: 0 })
    const priorityOf = (i: number) => 1 + ((i * 7919) % 100)
    const offers = Array.from({ length: 100_000 }, () => scheduler.offer())
    offers.forEach((offer, i) => offer.take(String(i), rank(priorityOf(i), i)))
    let last = { priority: 101, arrival: -1 }
    for (const item of scheduler.drain()) {
      const arrival = Number(item)
      const priority = priorityOf(arrival)
      assert.ok(priority < last.priority || (priority === last.priority && arrival > last.arrival))
      last = { priority, arrival }
    }
    assert.equal(scheduler.waiting, 0)
  })
})
