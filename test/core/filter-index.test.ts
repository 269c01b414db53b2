import assert from 'node:assert/strict'
import { domainToUnicode } from 'node:url'
import { addressPattern, plainAddress, type PatternKind } from '../../lib/core/address-pattern.js'
import { AddressIndex, leastCrowded, unfiled } from '../../lib/core/filter-index.js'

const MANY = 10_000

function indexOf(kind: PatternKind, patternOf: (i: number) => string): AddressIndex<string> {
  const index = new AddressIndex<string>()
  for (let i = 0; i < MANY; i++) {
    const pattern = addressPattern(patternOf(i), kind, domainToUnicode)
    if ('why' in pattern) assert.fail(pattern.why)
    index.place(pattern).file(patternOf(i))
  }
  return index
}

const found = (index: AddressIndex<string>, address: string): string[] =>
  index.find(plainAddress(address, domainToUnicode))

describe('AddressIndex', () => {
  it('finds the one pattern of ten thousand that may match', () => {
    const table: [PatternKind, (i: number) => string, string][] = [
      ['recipient', (i) => `d${i}.example`, 'x@d77.example'],
      ['recipient', (i) => `*.d${i}.example`, 'x@y.z.d77.example'],
      ['recipient', (i) => `u${i}@b.example`, 'u77@b.example'],
      ['recipient', (i) => `*@d${i}.example`, 'x@d77.example'],
      ['recipient', (i) => `*@*.d${i}.example`, 'x@y.d77.example'],
      ['recipient', (i) => `*a?b*@d${i}.example`, 'x@d77.example'],
      ['sender', (i) => `d${i}.example`, 'x@d77.example'],
      ['sender', (i) => `*.d${i}.example`, 'x@y.d77.example'],
      ['sender', (i) => `${i}-*`, '77-owner@b.example'],
      ['domain', (i) => `d${i}.*`, 'x@d77.example'],
    ]
    for (const [kind, patternOf, address] of table) {
      const index = indexOf(kind, patternOf)
      assert.deepEqual([index.others, found(index, address)], [[], [patternOf(77)]], patternOf(77))
      assert.deepEqual(found(index, 'x@elsewhere.example.org'), [])
      assert.deepEqual(found(index, ''), [])
    }
  })

  it('files under the other end what would stand in a crowd', () => {
    const index = indexOf('recipient', (i) => `u${i}-*@b.example`)
    assert.deepEqual(found(index, 'u77-x@b.example').sort(), ['u0-*@b.example', 'u77-*@b.example'])
    assert.deepEqual(index.others, [])
  })

  it('has every pattern that begins and ends with a wildcard as a candidate', () => {
    const index = indexOf('recipient', (i) => `*@d${i}.*`)
    assert.deepEqual([index.others.length, found(index, 'x@d77.example')], [MANY, []])
  })
})

describe('leastCrowded', () => {
  it('takes the first of the emptiest places, and the last resort only when there is none', () => {
    const place = (crowd: number): { crowd: number; file: () => void } => ({ crowd, file: () => undefined })
    const [one, another, more] = [place(1), place(1), place(2)]
    const last = unfiled([])
    assert.equal(leastCrowded([more, one, another], last), one)
    assert.equal(leastCrowded([], last), last)
    assert.equal(leastCrowded([unfiled([])], last), last)
  })
})
