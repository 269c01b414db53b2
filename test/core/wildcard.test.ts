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

const UNTOLD_US = 20

/** Of the processor: on a busy machine, a longer run waits more often for its turn. */
function spentUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
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

  it('takes characters beyond 16 bits and halves of them as the definition says', () => {
    const unit = fc.constantFrom('a', '😀', '😃', '*', '?')
    const pattern = fc.string({ unit, maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', '😀', '😃', '\ud83d'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        // In place of each character one that has no halves.
        const short = (from: string): string =>
          Array.from(from, (c) => ({ '😀': 'b', '😃': 'c', '\ud83d': 'd' })[c] ?? c).join('')
        assert.equal(wildcard(p)(t), byDefinition(short(p), short(t)), `${p} ${t}`)
      }),
      { numRuns: 5000 },
    )
  })

  it('takes time that goes with the length of the text, whatever the pattern', () => {
    const hostile = [
      `${'*a'.repeat(248)}*b*`,
      `${'*a'.repeat(248)}*b`,
      `${'*a?'.repeat(165)}*b*`,
      `*${'a'.repeat(497)}b*`,
      `*${'a'.repeat(248)}b${'a'.repeat(248)}*`,
      `*${'a?'.repeat(80)}b*`,
      `${'*'.repeat(499)}b`,
      `*${'?'.repeat(497)}b*`,
    ]
    for (const pattern of hostile) {
      const matches = wildcard(pattern)
      const texts = [20, 40].map((times) => `b${'a'.repeat(320 * times)}`)
      const fastest = [Infinity, Infinity]
      for (let round = 0; round < 12; round++) {
        for (const [i, text] of texts.entries()) {
          const start = spentUs()
          for (let n = 0; n < 3; n++) matches(text)
          fastest[i] = Math.min(fastest[i]!, spentUs() - start)
        }
      }
      const [once, twice] = fastest
      // 2 when the time goes with the length, 4 with its square; what takes less than can be told does not count.
      assert.ok(twice! < 3 * once! + UNTOLD_US, `${pattern}: ${once} us, twice the length ${twice} us`)
    }
  })

  it('takes little for an address, where going back over stars would take for ever', () => {
    const address = `${'a'.repeat(256)}@${'a'.repeat(63)}`
    const table: [string, string, boolean][] = [
      [`${'*a'.repeat(249)}*b`, address, false],
      [`${'*a'.repeat(249)}*b`, `${address}b`, true],
      [`${'*a'.repeat(249)}b*`, address, false],
      [`${'*a'.repeat(249)}b*`, `b${address}`, false],
      [`${'*a?'.repeat(150)}*b*`, address, false],
      [`${'*a?'.repeat(150)}*b*`, `${address}b`, true],
    ]
    for (const [pattern, text, expected] of table) assert.equal(wildcard(pattern)(text), expected, `${pattern} ${text}`)
  })
})
