import assert from 'node:assert/strict'
import { type Act, type Rise, ScriptBreaker } from '../../lib/core/script-breaker.js'

interface Version {
  readonly version: string
}

function setup(messages = 10, rise = 30) {
  const breaker = new ScriptBreaker<Version>(() => ({ messages, rise }))
  let current = ''
  const run = (version: string): void => {
    current = version
    breaker.changed({ version })
  }
  /** Messages of which each has these acts, one after the other; what has risen. */
  const see = (count: number, ...acts: Act[]): Rise<Version>[] =>
    Array.from({ length: count }, () => ({})).flatMap((item) =>
      acts.flatMap((act) => breaker.note(current, act, 'main', item) ?? []),
    )
  return { breaker, run, see }
}

describe('the script breaker', () => {
  it('tells when a changed script skips far more, once, with both figures', () => {
    const { run, see } = setup()
    run('one')
    assert.deepEqual(see(90, 'asked', 'tried'), [])
    assert.deepEqual(see(10, 'skipped', 'asked'), [])
    run('two')
    assert.deepEqual(see(6, 'asked', 'tried'), [])
    assert.deepEqual(see(20, 'skipped', 'asked'), [
      { harm: 'skipped', messages: 10, share: 40, shareBefore: 10, before: { version: 'one' } },
    ])
  })

  it('lets a rise below the threshold pass', () => {
    const { run, see } = setup()
    run('one')
    see(100, 'asked', 'tried')
    run('two')
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(see(8, 'asked', 'tried'), [])
      assert.deepEqual(see(2, 'skipped', 'asked'), [])
    }
  })

  it('tells of failures, and of replies turned into failures among the messages sent', () => {
    const { run, see } = setup()
    run('one')
    see(20, 'asked', 'tried')
    run('two')
    const [failures] = see(10, 'failed', 'asked', 'tried')
    assert.deepEqual([failures?.harm, failures?.share, failures?.shareBefore], ['failed', 100, 0])
    run('three')
    const [refused] = see(10, 'asked', 'refused', 'tried')
    assert.deepEqual([refused?.harm, refused?.share, refused?.before.version], ['refused', 100, 'one'])
  })

  it('is off for the first script, and where either has seen too few messages', () => {
    const { run, see } = setup()
    run('one')
    assert.deepEqual(see(100, 'skipped', 'asked'), [])
    run('two')
    see(9, 'asked', 'tried')
    run('three')
    assert.deepEqual(see(100, 'skipped', 'asked'), [], 'compared with the first, which skips as much')
    const few = setup()
    few.run('one')
    few.see(9, 'asked', 'tried')
    few.run('two')
    assert.deepEqual(few.see(100, 'skipped', 'asked'), [])
  })

  it('counts a message once, however often it is offered again, but for each sender', () => {
    const { breaker, run, see } = setup()
    run('one')
    see(100, 'asked', 'tried')
    run('two')
    const [again, other] = [{}, {}]
    for (let i = 0; i < 100; i++) {
      for (const act of ['skipped', 'asked'] as const) assert.equal(breaker.note('two', act, 'main', again), undefined)
    }
    breaker.note('two', 'asked', 'second', other)
    assert.deepEqual(see(7, 'asked', 'tried'), [])
    assert.deepEqual(see(10, 'asked', 'tried'), [])
  })

  it('does not count what a version that is no longer in force does', () => {
    const { breaker, run, see } = setup()
    run('one')
    see(100, 'asked', 'tried')
    run('two')
    for (let i = 0; i < 100; i++) {
      const item = {}
      for (const act of ['skipped', 'asked'] as const) assert.equal(breaker.note('one', act, 'main', item), undefined)
    }
    assert.deepEqual(see(100, 'asked', 'tried'), [])
  })

  it('measures the next version by the last good one, not by one that has tripped', () => {
    const { run, see } = setup()
    run('good')
    see(100, 'asked', 'tried')
    run('bad')
    assert.equal(see(20, 'skipped', 'asked').length, 1)
    run('also bad')
    assert.equal(see(20, 'skipped', 'asked')[0]?.before.version, 'good')
  })

  it('takes a version that was left in force for long for what is wanted', () => {
    const { run, see } = setup()
    run('good')
    see(100, 'asked', 'tried')
    run('strict')
    assert.equal(see(200, 'skipped', 'asked').length, 1)
    run('strict, too')
    assert.deepEqual(see(200, 'skipped', 'asked'), [])
  })

  it('does not take what a version does much later for the change', () => {
    const { run, see } = setup()
    run('one')
    see(100, 'asked', 'tried')
    run('two')
    see(200, 'asked', 'tried')
    assert.deepEqual(see(2000, 'skipped', 'asked'), [])
  })

  it('compares with what the version before has done lately', () => {
    const { run, see } = setup()
    run('one')
    see(20_000, 'asked', 'tried')
    see(10_000, 'skipped', 'asked')
    run('two')
    assert.deepEqual(see(100, 'skipped', 'asked'), [])
  })

  it('measures the next version by the one that was gone back to', () => {
    const { breaker, run, see } = setup()
    run('good')
    see(100, 'asked', 'tried')
    run('bad')
    assert.equal(see(20, 'skipped', 'asked').length, 1)
    breaker.rollBack()
    assert.equal(breaker.note('good', 'asked', 'main', {}), undefined)
    run('mended')
    assert.deepEqual(see(100, 'asked', 'tried'), [])
    run('bad again')
    assert.equal(see(20, 'skipped', 'asked')[0]?.before.version, 'mended')
  })
})
