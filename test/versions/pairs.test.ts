import assert from 'node:assert/strict'

import { pairsOf } from './pairs.js'

describe('pairs of versions', () => {
  it('are each Node with each Haraka', () => {
    assert.deepEqual(pairsOf([], '20,22', '3.3.0,newest'), [
      { node: '20', haraka: '3.3.0' },
      { node: '20', haraka: 'newest' },
      { node: '22', haraka: '3.3.0' },
      { node: '22', haraka: 'newest' },
    ])
  })

  it('are those that are named, where any is', () => {
    assert.deepEqual(pairsOf(['24.1.0/locked', '20/3.3.1'], '20,22', 'newest'), [
      { node: '24.1.0', haraka: 'locked' },
      { node: '20', haraka: '3.3.1' },
    ])
  })

  for (const wrong of [
    '22',
    'newest/3.3.0',
    '22/3.3',
    '22/',
    '/3.3.0',
    '22/3.3.0/1',
    '22/3.3.0 --force',
    'v22/locked',
  ]) {
    it(`are not to be had of "${wrong}"`, () => {
      assert.throws(() => pairsOf([wrong], '', ''), /is no version of (Node|Haraka)/)
    })
  }
})
