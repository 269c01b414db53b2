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
  withCode,
  type Reply,
} from '../../lib/core/reply.js'

const RUNS = { numRuns: 400 }

const code = fc.oneof(fc.integer({ min: 200, max: 599 }), fc.constantFrom(250, 550))
const byte = fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n))
/** Bytes that a script may well get wrong: line ends, blanks, control characters, beginnings of codes. */
const awkward = fc.constantFrom(
  ...['\r\n', '\n', '\r', '\0', '\t', '\x1b', '\x7f', '\x80', '\x85', '\xa0', '\xad', '\xff', ' ', '-', '#', '%'],
  ...[
    '2',
    '5',
    '250',
    '550',
    '550-',
    '550 ',
    '421',
    '5.1.1 ',
    '354 End data with <CR><LF>.<CR><LF>',
    '\u0660',
    '\u2028',
  ],
)
const bytes = fc.array(fc.oneof(awkward, byte), { maxLength: 40 }).map((parts) => parts.join(''))
const lineText = bytes.map((text) => text.replace(/[\r\n]/g, ''))
const lineEnd = fc.constantFrom('\r\n', '\n', '\r')
/** What stands between a line's code and its text. */
const separator = fc.constantFrom(' ', '-')

/** What is left of a text in a reply: a blank for every control character, `?` for what is no byte. */
function shown(text: string): string {
  let clean = ''
  for (const character of text) {
    const point = character.codePointAt(0)!
    clean += point < 0x20 || point === 0x7f ? ' ' : point > 0xff ? '?' : character
  }
  return clean
}

function assertWellFormed({ code, lines }: Reply): void {
  assert.ok(Number.isInteger(code) && code >= 200 && code <= 599)
  assert.ok(lines.length >= 1)
  for (const [at, line] of lines.entries()) {
    assert.equal(line.slice(0, 3), String(code))
    assert.equal(line.charAt(3), at === lines.length - 1 ? ' ' : '-')
    assert.match(line, /^[\x20-\x7e\x80-\xff]*$/)
  }
}

function rewritten(text: string): Reply {
  const parsed = parseRewrite(text)
  assert.ok('reply' in parsed, JSON.stringify(parsed))
  return parsed.reply
}

describe('any reply of a script', () => {
  it('is refused with a sentence, or well formed', () => {
    const anything = fc.oneof(
      bytes,
      fc.tuple(code, bytes).map(([n, text]) => `${n}${text}`),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parseRewrite(text)
        if ('error' in parsed) assert.match(parsed.error, /^[\x20-\x7e]+$/)
        else assertWellFormed(parsed.reply)
      }),
      RUNS,
    )
  })

  it('is taken exactly when it begins with a code that something ends', () => {
    const threeDigits = fc.nat(999).map((n) => String(n).padStart(3, '0'))
    const beginning = fc.oneof(code.map(String), threeDigits, fc.nat(99_999).map(String), bytes)
    fc.assert(
      fc.property(beginning, bytes, (start, rest) => {
        const text = start + rest
        const digits = /^\d*/.exec(text)![0]
        const after = text.charAt(digits.length)
        const ended = ['', ' ', '-', '\r', '\n'].includes(after)
        const isCode = digits.length === 3 && Number(digits) >= 200 && Number(digits) <= 599
        assert.equal('reply' in parseRewrite(text), isCode && ended)
      }),
      RUNS,
    )
  })

  it('keeps its code and the text of every line, whether or not the lines have the code', () => {
    const line = fc.record({ text: lineText, coded: fc.boolean(), separator, end: lineEnd })
    fc.assert(
      fc.property(
        code,
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.string({ unit: lineEnd }),
        (n, lines, rest) => {
          // A further line without its code that begins like one would be read as one; the first always has its code.
          const plain = lines.map((each, at) => {
            const coded = at === 0 || each.coded || new RegExp(`^${n}(?:[ -]|$)`).test(each.text)
            return { ...each, written: coded ? `${n}${each.separator}${each.text}` : each.text }
          })
          // Line ends behind the last line are no lines.
          while (plain.length > 1 && plain.at(-1)!.written === '') plain.pop()
          const written = plain.map(({ written, end }, at) => written + (at === plain.length - 1 ? rest : end)).join('')
          // A line that ends in CR before one that is empty and ends in LF makes one line end of two.
          fc.pre(!plain.some(({ end }, at) => end === '\r' && plain[at + 1]?.written === ''))
          const reply = rewritten(written)
          assert.equal(reply.code, n)
          assert.deepEqual(
            replyTexts(reply),
            plain.map(({ text }) => shown(text)),
          )
          assertWellFormed(reply)
        },
      ),
      RUNS,
    )
  })

  it('is the same when it is put right again', () => {
    fc.assert(
      fc.property(code, bytes, (n, text) => {
        const once = rewritten(`${n} ${text}`)
        assert.deepEqual(rewritten(fullResponse(once)), once)
        assert.deepEqual(presentedLines(once), once.lines)
        assert.deepEqual(parseReply(once.lines), once)
      }),
      RUNS,
    )
  })

  it('has its bounds, and is looked at once however it is made', () => {
    const filler = fc.constantFrom('\n', '\r', '\r\n', ' ', '-', '5', '550 ', '550\n', '\0', '\xe9', '\u2028')
    fc.assert(
      fc.property(filler, fc.constantFrom('', 'x', '\n', '5'), (fill, end) => {
        const room = MAX_REWRITE_BYTES - 4 - end.length
        const text = `550 ${fill.repeat(Math.floor(room / fill.length))}${end}`
        // A quadratic look would take seconds here, and mocha's limit would end it.
        const parsed = parseRewrite(text)
        if ('reply' in parsed) assert.ok(parsed.reply.lines.length <= MAX_REWRITE_LINES)
        assert.ok('error' in parseRewrite(`${text}${'x'.repeat(MAX_REWRITE_BYTES)}`))
      }),
      { numRuns: 60 },
    )
  }).timeout(10_000)
})

describe('any reply of a server', () => {
  const serverLine = fc.tuple(code, separator, lineText)

  it('is presented with one code and nothing that could break a line', () => {
    fc.assert(
      fc.property(fc.array(serverLine, { minLength: 1, maxLength: 6 }), (lines) => {
        const came = lines.map(([n, , text], at) => `${n}${at === lines.length - 1 ? ' ' : '-'}${text}`)
        const reply = parseReply(came)
        assert.equal(
          reply === undefined,
          came.some((line) => line.includes('\0')),
        )
        if (!reply) return
        assert.deepEqual(reply.lines, came)
        assert.equal(reply.code, lines.at(-1)![0])
        assert.equal(lastLine(reply), came.at(-1))
        const presented = presentedLines(reply)
        assertWellFormed({ code: reply.code, lines: presented as [string, ...string[]] })
        assert.deepEqual(
          presented.map((line) => line.slice(4)),
          lines.map(([, , text]) => shown(text)),
        )
      }),
      RUNS,
    )
  })

  it('keeps its texts under another code', () => {
    fc.assert(
      fc.property(code, code, fc.array(lineText, { maxLength: 5 }), (from, to, texts) => {
        const reply = makeReply(from, ...texts)
        assertWellFormed(reply)
        const moved = withCode(reply, to)
        assert.equal(moved.code, to)
        assertWellFormed(moved)
        assert.deepEqual(replyTexts(moved), replyTexts(reply))
      }),
      RUNS,
    )
  })

  it('line is read or not, and never throws', () => {
    fc.assert(
      fc.property(bytes, (line) => {
        const parsed = parseReplyLine(line)
        if (parsed === undefined) return
        const { code, last, text } = parsed
        assert.ok(line === String(code) || line === `${code}${last ? ' ' : '-'}${text}`)
      }),
      RUNS,
    )
  })
})
