import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ERRORS, RelayoutError, relayoutError, sentence } from '../../lib/core/errors.js'

describe('the error registry', () => {
  it('is what docs/ERRORS.md lists, sentence by sentence', () => {
    const page = readFileSync('docs/ERRORS.md', 'utf8')
    const listed = [...page.matchAll(/^- `(RELAYOUT_E_\w+)`: (.*)$/gm)].map((match) => [match[1], match[2]])
    assert.deepEqual(listed, Object.entries(ERRORS))
  })

  it('has one-line sentences without a full stop at the end', () => {
    for (const text of Object.values(ERRORS)) assert.match(text, /^[^\n]*[^.\s]$/)
  })
})

describe('sentence', () => {
  it('puts the parameters in', () => {
    assert.equal(
      sentence('RELAYOUT_E_UNKNOWN_KEY', { section: 'main', key: 'colour', hint: '' }),
      'relayout.ini [main] colour: there is no such key. At start-up it is ignored; after an edit the last good settings stay in use',
    )
  })

  it('takes a parameter as text, whatever it holds', () => {
    const text = sentence('RELAYOUT_E_UNKNOWN_KEY', { section: '{key}', key: 'a\r\n$&\x1b', hint: 'x'.repeat(1000) })
    assert.ok(text.startsWith('relayout.ini [{key}] a $&\\x1b: there is no such keyxxx'))
    assert.ok(text.length < 500)
  })
})

describe('relayoutError', () => {
  it('is an Error with its code', () => {
    const error = relayoutError('RELAYOUT_E_UNKNOWN_SECTION', { section: 'x', hint: '' })
    assert.ok(error instanceof Error && error instanceof RelayoutError)
    assert.equal(error.code, 'RELAYOUT_E_UNKNOWN_SECTION')
    assert.equal(
      error.message,
      'relayout.ini [x]: there is no such section. At start-up it is ignored; after an edit the last good settings stay in use',
    )
  })
})
