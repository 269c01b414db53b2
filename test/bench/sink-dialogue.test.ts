import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'

import { SinkDialogue, type SinkOptions } from '../../bench/sink-dialogue.js'

/** A server's end of a connection: `packets` is what it has written, packet by packet. */
function connect(options: SinkOptions = {}) {
  const packets: string[] = []
  const counts = { mails: 0, accepted: 0 }
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      packets.push(chunk.toString())
      done()
    },
  })
  new SinkDialogue(wire, options, { mail: () => counts.mails++, accepted: () => counts.accepted++ })
  const say = async (...chunks: string[]): Promise<string[]> => {
    packets.length = 0
    for (const chunk of chunks) {
      wire.push(chunk)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return packets.map((packet) => packet.replaceAll(/^(\d{3}).*\r\n/gm, '$1 ').trim())
  }
  return { packets, counts, say }
}

const GROUP = 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n'

describe('the sink of the benchmark', () => {
  it('greets', () => {
    assert.deepEqual(connect().packets, ['220 sink.example.net ESMTP\r\n'])
  })

  it('offers what a relay server offers, when it is to', async () => {
    const { say, packets } = connect({ extensions: true, tls: true })
    await say('EHLO me\r\n')
    assert.match(packets.join(''), /^(250-.*\r\n)*250-PIPELINING\r\n(250-.*\r\n)*250 STARTTLS\r\n$/)
  })

  it('answers commands that came in one packet in one packet, in their order', async () => {
    const { say, counts } = connect()
    assert.deepEqual(await say(GROUP), ['250 250 354'])
    assert.deepEqual(await say(`Hello.\r\n.\r\n${GROUP}`), ['250 250 250 354'])
    assert.deepEqual(counts, { mails: 2, accepted: 1 })
  })

  it('takes commands and the end of a message in pieces', async () => {
    const { say, counts } = connect()
    assert.deepEqual(await say('MAIL FROM:<a@exam', 'ple.com>\r', '\nRCPT', ' TO:<b@example.net>\r\nDA', 'TA\r\n'), [
      '250',
      '250',
      '354',
    ])
    assert.deepEqual(await say('A line\r\n', '..\r\n', '.', '\r', '\nQU', 'IT\r\n'), ['250', '221'])
    assert.deepEqual(counts, { mails: 1, accepted: 1 })
  })

  it('takes an empty message', async () => {
    const { say, counts } = connect()
    await say(GROUP)
    assert.deepEqual(await say('.\r\n'), ['250'])
    assert.equal(counts.accepted, 1)
  })

  it('takes no message without the right credentials, when there are any', async () => {
    const { say } = connect({ credentials: { user: 'me', pass: 'secret' } })
    const auth = (text: string): string => `AUTH PLAIN ${Buffer.from(text).toString('base64')}\r\n`
    assert.deepEqual(await say('MAIL FROM:<>\r\n'), ['530'])
    assert.deepEqual(await say(auth('\0me\0guess')), ['535'])
    assert.deepEqual(await say('MAIL FROM:<>\r\n'), ['530'])
    assert.deepEqual(await say(auth('\0me\0secret')), ['235'])
    assert.deepEqual(await say('MAIL FROM:<>\r\n'), ['250'])
  })

  it('takes no credentials before STARTTLS, when there is that', async () => {
    const { say } = connect({ tls: true, credentials: { user: 'me', pass: 'secret' } })
    assert.deepEqual(await say(`AUTH PLAIN ${Buffer.from('\0me\0secret').toString('base64')}\r\n`), ['503'])
  })
})
