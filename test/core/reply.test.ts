import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  fullResponse,
  lastLine,
  makeReply,
  MAX_REWRITE_BYTES,
  MAX_REWRITE_LINES,
  parseReply,
  parseReplyLine,
  parseRewrite,
  presentedLines,
  replyTexts,
} from '../../lib/core/reply.js'

/** Haraka's own pattern (outbound/hmail.js); without a match it bounces the message. */
const HARAKA = /^([2345]\d\d)([ -])#?(?:(\d\.\d\.\d)\s)?(.*)/

function assertWellFormed(lines: readonly string[], code: number): void {
  assert.ok(lines.length > 0)
  lines.forEach((line, i) => {
    const match = HARAKA.exec(line)
    assert.equal(match?.[1], String(code), line)
    assert.equal(match[2], i === lines.length - 1 ? ' ' : '-')
    assert.match(line, /^[\x20-\x7e\x80-\xff]*$/)
  })
}

describe('reply line', () => {
  it('is a code, and then nothing, a space or a hyphen', () => {
    assert.deepEqual(parseReplyLine('250'), { code: 250, last: true, text: '' })
    assert.deepEqual(parseReplyLine('250 '), { code: 250, last: true, text: '' })
    assert.deepEqual(parseReplyLine('250-'), { code: 250, last: false, text: '' })
    assert.deepEqual(parseReplyLine('550 5.7.26 no'), { code: 550, last: true, text: '5.7.26 no' })
    assert.deepEqual(parseReplyLine('521-5.7.1 no'), { code: 521, last: false, text: '5.7.1 no' })
  })

  for (const line of ['', 'hello', '25', '2500 no', '150 no', '600 no', '250\tno', ' 250 no', '250 a\0b', '250_no'])
    it(`is not ${JSON.stringify(line)}`, () => assert.equal(parseReplyLine(line), undefined))
})

describe('reply', () => {
  it('keeps its lines as they came and takes the code of the last', () => {
    const reply = parseReply(['250-first', '250-', '250 last \xe9'])
    assert.ok(reply)
    assert.equal(reply.code, 250)
    assert.equal(fullResponse(reply), '250-first\r\n250-\r\n250 last \xe9')
    assert.equal(lastLine(reply), '250 last \xe9')
    assert.deepEqual(replyTexts(reply), ['first', '', 'last \xe9'])
    assert.equal(parseReply(['250-first', '550 last'])?.code, 550)
  })

  it('is complete with its last line and not before', () => {
    assert.equal(parseReply([]), undefined)
    assert.equal(parseReply(['250-first']), undefined)
    assert.equal(parseReply(['250 first', '250 second']), undefined)
    assert.equal(parseReply(['250-first', 'garbage']), undefined)
  })

  it('is presented so that Haraka understands it', () => {
    assert.deepEqual(presentedLines(parseReply(['250'])!), ['250 '])
    assert.deepEqual(presentedLines(parseReply(['250-a', '550 b\x1bc'])!), ['550-a', '550 b c'])
  })

  it('of our own cannot be broken by its text', () => {
    assert.deepEqual(makeReply(451, 'a\r\n250 b', 'c\u010ad').lines, ['451-a  250 b', '451 c?d'])
    assert.deepEqual(makeReply(250).lines, ['250 '])
  })
})

describe('what the script returns, put right', () => {
  const rows: [string, string[]][] = [
    ['550', ['550 ']],
    ['550 no', ['550 no']],
    ['550-no', ['550 no']],
    ['550  no', ['550  no']],
    ['550 no\r\n', ['550 no']],
    ['550 no\n\n', ['550 no']],
    ['550-5.1.1 a\r\n550 5.1.1 b', ['550-5.1.1 a', '550 5.1.1 b']],
    ['550 a\r550 b\n550-c', ['550-a', '550-b', '550 c']],
    ['550 a\nb\n\nc', ['550-a', '550-b', '550-', '550 c']],
    ['550 a\n250 b', ['550-a', '550 250 b']],
    ['550 a\n5500 b', ['550-a', '550 5500 b']],
    ['250 a\0b\x07c\x7fd\te', ['250 a b c d e']],
    ['550 \xe9\xff', ['550 \xe9\xff']],
  ]
  for (const [text, lines] of rows)
    it(JSON.stringify(text), () => {
      const parsed = parseRewrite(text)
      assert.ok('reply' in parsed)
      assert.deepEqual(parsed.reply.lines, lines)
    })

  for (const text of [
    '',
    'no',
    '55',
    '5500',
    '650 no',
    '150 no',
    ' 550 no',
    '550_no',
    '550\tno',
    '\n550 no',
    '\u0665\u0665\u0660',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      const parsed = parseRewrite(text)
      assert.ok('error' in parsed)
      assert.match(parsed.error, /does not start with a code from 200 to 599/)
    })

  it('refuses too much', () => {
    assert.ok('reply' in parseRewrite(`250 ${'x'.repeat(MAX_REWRITE_BYTES - 4)}`))
    const bytes = parseRewrite(`250 ${'x'.repeat(MAX_REWRITE_BYTES)}`)
    assert.ok('error' in bytes && bytes.error.includes('65536 bytes, this has 65540'))
    assert.ok('reply' in parseRewrite('250 x\n'.repeat(MAX_REWRITE_LINES)))
    const lines = parseRewrite('250 x\n'.repeat(MAX_REWRITE_LINES + 1))
    assert.ok('error' in lines && lines.error.includes('100 lines, this has 101'))
  })

  it('is a well-formed reply or an error, whatever it is', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('2', '5', '0', ' ', '-', '\r', '\n', 'a', '\0', '\u010a', '\xe9') }),
      fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.string({ unit: 'binary' })).map(([n, text]) => `${n}${text}`),
      fc.tuple(fc.integer({ min: 200, max: 599 }), fc.string({ unit: 'binary' })).map(([n, text]) => `${n} ${text}`),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parseRewrite(text)
        if ('error' in parsed) assert.match(parsed.error, /^[\x20-\x7e]+$/)
        else {
          assert.ok(parsed.reply.code >= 200 && parsed.reply.code <= 599)
          assertWellFormed(parsed.reply.lines, parsed.reply.code)
          assertWellFormed(presentedLines(parsed.reply), parsed.reply.code)
        }
      }),
    )
  })
})
