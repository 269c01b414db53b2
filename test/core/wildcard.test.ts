import assert from 'node:assert/strict'
import fc from 'fast-check'
import { wildcard } from '../../lib/core/wildcard.js'

/** The plain definition, exponential: only for short texts. */
function byDefinition(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const rest = pattern.slice(1)
  if (pattern.startsWith('*')) return byDefinition(rest, text) || (text !== '' && byDefinition(pattern, text.slice(1)))
  return (
    text !== '' && (pattern.startsWith('?') || text.startsWith(pattern.charAt(0))) && byDefinition(rest, text.slice(1))
  )
}

describe('wildcard', () => {
  it('matches as the definition of * and ? says', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        assert.equal(wildcard(p)(t), byDefinition(p, t), `${p} ${t}`)
      }),
      { numRuns: 5000 },
    )
  })

  it('takes ? for one character, also beyond 16 bits', () => {
    assert.equal(wildcard('?')('😀'), true)
    assert.equal(wildcard('a?c')('a😀c'), true)
    assert.equal(wildcard('??')('😀'), false)
  })

  it('takes no more steps than text times pattern', () => {
    const hostile = `${'*a?'.repeat(160)}*b`
    assert.equal(wildcard(hostile)('a'.repeat(20_000)), false)
    assert.equal(wildcard(`${'*'.repeat(500)}b`)('a'.repeat(20_000)), false)
    assert.equal(wildcard(`*${'a'.repeat(400)}b*`)('a'.repeat(20_000)), false)
  })
})
