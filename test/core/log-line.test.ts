import assert from 'node:assert/strict'
import fc from 'fast-check'
import { logFields, neutralise, oneLine } from '../../lib/core/log-line.js'

/** As Haraka's logger prints an object (logger.js, stringify). */
function printed(fields: Record<string, string>): string {
  const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\r': '\\r', '\n': '\\n' }
  const pairs = Object.entries(fields).map(([key, value]) =>
    /(^$|[ ="\\\r\n])/.test(value)
      ? `${key}="${value.replace(/["\\\r\n]/g, (c) => escapes[c] ?? c)}"`
      : `${key}=${value}`,
  )
  return pairs.join(' ').trim()
}

/** What a reader of the log takes for its fields: key=value or key="…", anything blank between. */
function readBack(line: string): string[] {
  const keys: string[] = []
  for (const match of line.matchAll(/([^\s=]+)=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)/gu)) keys.push(match[1] ?? '')
  return keys
}

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...Array.from('="\\\r\n\t \0\x1b\x7f\x85\u00a0\u2028\u2029\u202e\u2066\u200b\ufeff\u3000'),
      'skip',
      'x=',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})

describe('logFields', () => {
  it('lets no value forge a field or break the line', () => {
    fc.assert(
      fc.property(nasty, nasty, (reason, retry) => {
        const line = printed(logFields({ event: 'skip', reason, retry }))
        assert.deepEqual(readBack(line), ['event', 'reason', 'retry'])
        // eslint-disable-next-line no-control-regex -- control characters are what this is about
        assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u)
      }),
      { numRuns: 2000 },
    )
  })

  it('lets no key forge a field or become one of the logger’s own', () => {
    fc.assert(
      fc.property(nasty, (key) => {
        const fields = logFields({ [key]: 'x' })
        assert.match(printed(fields), /^[\w.-]+=x$/)
      }),
    )
    const own = ['name', 'uuid', 'message', 'level', 'origin', 'todo', 'constructor']
    for (const key of own) assert.deepEqual(Object.keys(logFields({ [key]: 1 })), [`${key}_`])
    assert.equal(logFields({}).constructor, Object)
  })

  it('writes numbers and booleans, drops undefined, keeps the order', () => {
    const fields = logFields({ b: 1, a: true, gone: undefined, c: '' })
    assert.deepEqual(Object.entries(fields), [
      ['b', '1'],
      ['a', 'true'],
      ['c', ''],
    ])
  })
})

describe('neutralise', () => {
  it('escapes what cannot be seen and keeps what can', () => {
    const table: [string, string][] = [
      ['450 4.2.0 später – 再試行 😀', '450 4.2.0 später – 再試行 😀'],
      ['a\tb', 'a\\x09b'],
      ['\x1b[31m', '\\x1b[31m'],
      ['\x7f\x85', '\\x7f\\x85'],
      ['a\u2028b', 'a\\u{2028}b'],
      ['\u202egnp', '\\u{202e}gnp'],
      ['a\u00a0b', 'a\\xa0b'],
      ['\ud800', '\\u{d800}'],
      ['\u{e0041}', '\\u{e0041}'],
    ]
    for (const [text, shown] of table) assert.equal(neutralise(text), shown)
  })

  it('cuts at the given length, never inside a character', () => {
    assert.equal(neutralise('x'.repeat(2000)).length, 2000)
    assert.equal(neutralise('x'.repeat(2001)), `${'x'.repeat(1999)}…`)
    assert.equal(neutralise('\0'.repeat(1000), 10), '\\x00\\x00\\…')
    assert.equal(neutralise('ab😀c', 4), 'ab…')
    assert.equal(neutralise('x'.repeat(10_000_000)).length, 2000)
  })
})

describe('oneLine', () => {
  it('puts a space for each line break', () => {
    assert.equal(oneLine('250-a\r\n250 b'), '250-a 250 b')
  })
})
