import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MAX_LINE_BYTES, MAX_READ_BYTES, MAX_REPLY_LINES, ReplyReader } from '../../lib/relay/reply-reader.js'

function read(...chunks: Buffer[]): { replies: string[]; faults: string[] } {
  const reader = new ReplyReader()
  const replies: string[] = []
  const faults: string[] = []
  for (const chunk of chunks) {
    const fault = reader.read(chunk, (reply) => replies.push(reply.lines.join('|')))
    if (fault !== undefined) faults.push(fault)
  }
  return { replies, faults }
}

const STREAM = '220 hi\r\n250-a\r\n250-\r\n250\r\n550-5.7.26 \xc3\xa9\n550 x\r\n354\n'
const REPLIES = ['220 hi', '250-a|250-|250', '550-5.7.26 \xc3\xa9|550 x', '354']

describe('reply reader', () => {
  it('finds the same replies however the bytes are cut', () => {
    const bytes = Buffer.from(STREAM, 'latin1')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(read(bytes.subarray(0, cut), bytes.subarray(cut)).replies, REPLIES)
    assert.deepEqual(read(...Array.from(bytes, (byte) => Buffer.from([byte]))).replies, REPLIES)
  })

  it('says whether more came with a reply, and whether one has begun', () => {
    const reader = new ReplyReader()
    const mores: boolean[] = []
    reader.read(Buffer.from('250 a\r\n250 b\r\n'), (_, more) => mores.push(more))
    assert.deepEqual(mores, [true, false])
    assert.equal(reader.midReply, false)
    reader.read(Buffer.from('250-a\r\n'), () => undefined)
    assert.equal(reader.midReply, true)
  })

  it('cuts what is too long and keeps the last line, which has the code', () => {
    const line = `550 ${'x'.repeat(MAX_LINE_BYTES)}`
    assert.deepEqual(read(Buffer.from(`${line}\r\n`)).replies, [line.slice(0, MAX_LINE_BYTES)])
    const reader = new ReplyReader()
    let kept: readonly string[] = []
    reader.read(Buffer.from(`${'250-x\r\n'.repeat(MAX_REPLY_LINES + 5)}451 end\r\n`), (reply) => (kept = reply.lines))
    assert.equal(kept.length, MAX_REPLY_LINES)
    assert.equal(kept.at(-1), '451 end')
  })

  it('gives up on a reply that never ends', () => {
    const chunk = Buffer.alloc(1024 * 1024, '2')
    const { replies, faults } = read(...Array.from({ length: MAX_READ_BYTES / chunk.length + 1 }, () => chunk))
    assert.deepEqual(replies, [])
    assert.deepEqual(faults, [`it sent a reply of more than ${MAX_READ_BYTES} bytes`])
  })

  it('reads nothing after a fault', () => {
    const { replies, faults } = read(Buffer.from('250 a\r\nwhat\r\n250 b\r\n'), Buffer.from('250 c\r\n'))
    assert.deepEqual(replies, ['250 a'])
    assert.deepEqual(faults, ['it sent "what", which is no reply line'])
  })

  it('never throws and never gives anything but replies', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        for (const reply of read(...chunks.map((chunk) => Buffer.from(chunk))).replies)
          assert.match(reply, /^[2-5]\d\d/)
      }),
    )
  })
})
