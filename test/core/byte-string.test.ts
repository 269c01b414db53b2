import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cutBytes, fromBytes } from '../../lib/core/byte-string.js'

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('fromBytes', () => {
  it('gives back any text whose UTF-8 bytes it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(fromBytes(bytesOf(text)), text)
      }),
    )
  })

  it('keeps bytes that are no UTF-8 as their latin1 characters', () => {
    const table: [string, string][] = [
      ['caf\xe9', 'café'],
      ['\xc3', '\xc3'],
      ['\xc0\xaf', '\xc0\xaf'],
      ['\xed\xa0\x80', '\xed\xa0\x80'],
      ['\xf5\x80\x80\x80', '\xf5\x80\x80\x80'],
      ['\xe9 \xc3\xa9', 'é é'],
      ['\xef\xbb\xbfx', '\ufeffx'],
    ]
    for (const [bytes, text] of table) assert.equal(fromBytes(bytes), text)
  })
})

describe('cutBytes', () => {
  it('cuts before a sequence that does not fit', () => {
    const table: [string, number, string][] = [
      ['abc', 3, 'abc'],
      ['abc', 2, 'ab'],
      [bytesOf('aé'), 2, 'a'],
      [bytesOf('aé'), 3, bytesOf('aé')],
      [bytesOf('éé'), 3, bytesOf('é')],
      [bytesOf('a€b'), 3, 'a'],
      [bytesOf('a😀'), 4, 'a'],
      ['\xe9\xe9\xe9', 2, '\xe9\xe9'],
    ]
    for (const [bytes, max, cut] of table) assert.equal(cutBytes(bytes, max), cut)
  })

  it('never leaves a broken character behind', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, max) => {
        const bytes = bytesOf(text)
        const cut = cutBytes(bytes, max)
        assert.ok(cut.length <= max && cut.length >= Math.min(bytes.length, max - 3))
        assert.ok(text.startsWith(fromBytes(cut)))
      }),
    )
  })
})
