import assert from 'node:assert/strict'
import fc from 'fast-check'
import { lastLine, type Reply } from '../../lib/core/reply.js'
import { MAX_LINE_BYTES, MAX_REPLY_BYTES, MAX_REPLY_LINES, ReplyReader } from '../../lib/relay/reply-reader.js'

const RUNS = { numRuns: 300 }

interface Read {
  readonly replies: Reply[]
  readonly faults: string[]
}

function read(chunks: readonly Buffer[]): Read & { midReply: boolean } {
  const reader = new ReplyReader()
  const replies: Reply[] = []
  const faults: string[] = []
  for (const chunk of chunks) {
    const fault = reader.read(chunk, (reply) => replies.push(reply))
    if (fault !== undefined) faults.push(fault)
  }
  return { replies, faults, midReply: reader.midReply }
}

/** The stream cut at these places, in any order and number. */
function cutAt(stream: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(stream, 'latin1')
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end))
}

const code = fc.integer({ min: 200, max: 599 }).map(String)
const byte = fc.integer({ min: 0, max: 255 }).filter((n) => n !== 10)
const text = fc
  .oneof(
    fc.array(byte, { maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom('', '\r', '\0', ' \r', '250 ok', '\x1b[31m', '5.1.1 <a@b>: \xc3\xa9'),
    fc.integer({ min: MAX_LINE_BYTES - 10, max: MAX_LINE_BYTES + 10 }).map((length) => 'x'.repeat(length)),
  )
  // Before a bare LF a CR would belong to the line end.
  .map((line) => line.replace(/\r$/, ''))
const lineEnd = fc.constantFrom('\r\n', '\n')
const line = fc.tuple(code, text, lineEnd)
const places = fc.array(fc.nat(100_000), { maxLength: 12 })

/** One reply on the wire and how it is read. */
const reply = fc.tuple(fc.array(line, { maxLength: 5 }), line, fc.boolean()).map(([others, last, bare]) => {
  const written = [
    ...others.map(([n, said, end]) => ({ line: `${n}-${said}`, end })),
    { line: bare ? last[0] : `${last[0]} ${last[1]}`, end: last[2] },
  ]
  return {
    wire: written.map(({ line, end }) => line + end).join(''),
    code: Number(last[0]),
    // A CR behind a line that is cut is cut with it.
    lines: written.map(({ line }) => line.slice(0, MAX_LINE_BYTES).replaceAll('\0', ' ')),
  }
})

describe('any stream of a server', () => {
  it('gives its replies in order, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), places, (replies, cuts) => {
        const wire = replies.map((each) => each.wire).join('')
        const found = read(cutAt(wire, cuts))
        assert.deepEqual(
          found.replies,
          replies.map(({ code, lines }) => ({ code, lines })),
        )
        assert.deepEqual(found.faults, [])
        assert.equal(found.midReply, false)
      }),
      RUNS,
    )
  })

  it('gives no reply before its last line is complete', () => {
    fc.assert(
      fc.property(reply, fc.nat(), places, ({ wire }, upTo, cuts) => {
        const part = wire.slice(0, upTo % wire.length)
        const found = read(cutAt(part, cuts))
        assert.deepEqual([found.replies, found.faults], [[], []])
        assert.equal(found.midReply, part !== '')
      }),
      RUNS,
    )
  })

  it('has one fault at most, the same one however it is cut, and nothing after it', () => {
    const garbage = fc.array(fc.oneof(byte, fc.constant(10)), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 3 }), garbage, places, (replies, rest, cuts) => {
        const stream = replies.map((each) => each.wire).join('') + Buffer.from(rest).toString('latin1')
        const whole = read([Buffer.from(stream, 'latin1')])
        assert.deepEqual(read(cutAt(stream, cuts)), whole)
        assert.ok(whole.faults.length <= 1)
        assert.ok(whole.replies.length >= replies.length)
        for (const fault of whole.faults) assert.ok(fault.length < 200)
        for (const { code, lines } of whole.replies) {
          assert.ok(code >= 200 && code <= 599)
          for (const each of lines) assert.doesNotMatch(each, /[\0\n]/)
          assert.equal(Number(lastLine({ code, lines }).slice(0, 3)), code)
        }
      }),
      RUNS,
    )
  })

  it('is kept within bounds, with the last line of a reply', () => {
    const length = fc.constantFrom(0, 1, 100, 300, 5000, MAX_LINE_BYTES + 5)
    fc.assert(
      fc.property(length, fc.nat(1500), code, (length, lines, n) => {
        const chunk = Buffer.from(`250-${'y'.repeat(length)}\r\n`.repeat(lines) + `${n} end\r\n`, 'latin1')
        const [reply, ...more] = read([chunk]).replies
        assert.ok(reply)
        assert.equal(more.length, 0)
        assert.ok(reply.lines.length <= MAX_REPLY_LINES)
        assert.ok(reply.lines.every((line) => line.length <= MAX_LINE_BYTES))
        assert.ok(reply.lines.join('').length <= MAX_REPLY_BYTES + MAX_LINE_BYTES)
        assert.deepEqual([reply.code, lastLine(reply)], [Number(n), `${n} end`])
      }),
      { numRuns: 60 },
    )
  })
})
