/**
 * A delivery socket after its connection was handed back: whatever hmail, its file stream or Haraka still do with it, the
 * connection, which may be another delivery's by then, does not notice.
 */
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'

import { DeliverySocket } from '../../lib/relay/delivery-socket.js'
import type { Handshake } from '../../lib/relay/handshake.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeWire, settled } from './fake-wire.js'

interface Side {
  readonly socket: DeliverySocket
  readonly events: string[]
  readonly say: (command: string) => void
}

function bench(options: { readonly pipelined?: boolean } = {}) {
  const wire = new FakeWire()
  const observer = {
    wantsReplies: () => false,
    returnCode: () => Promise.resolve(undefined),
    rewritten: () => undefined,
    warning: () => undefined,
  }
  const clock = new FakeClock()
  const connection = new RelayConnection(wire, { observer, allowLosingRewrites: true, forceTls: false, clock })
  const handshake: Handshake = {}
  const handedBack: boolean[] = []
  let deliveries = 0

  function deliver(): Side {
    const socket = new DeliverySocket(connection, {
      name: 'test',
      observer,
      handshake,
      reused: deliveries++ > 0,
      tls: 'available',
      authPlaintext: true,
      requireAuth: false,
      hasAlternative: () => false,
      envelope: (mailLine) => ({
        mailLine,
        rcptLines: ['RCPT TO:<a@example.com>'],
        pipelined: options.pipelined ?? false,
      }),
      handBack(open) {
        handedBack.push(open)
        connection.rest()
        if (open) connection.reset(() => undefined)
        return undefined
      },
    })
    const events: string[] = []
    for (const event of ['line', 'end', 'close', 'drain', 'secure'])
      socket.on(event, (line?: unknown) => events.push(typeof line === 'string' ? line : event))
    socket.on('error', (error: Error) => events.push(`error ${error.message}`))
    return { socket, events, say: (command) => void socket.write(`${command}\r\n`) }
  }

  /** hmail's commands to the end of the message. */
  async function message({ socket, say }: Side, source?: PassThrough, end = '250 queued'): Promise<void> {
    const first = handshake.greeting === undefined
    if (first) wire.arrive('220 hi\r\n')
    await settled()
    say('EHLO x')
    if (first) wire.arrive('250 x\r\n')
    await settled()
    for (const [command, reply] of [
      ['MAIL FROM:<>', '250 mail'],
      ['RCPT TO:<a@example.com>', '250 rcpt'],
      ['DATA', '354 go'],
    ] as const) {
      say(command)
      wire.arrive(`${reply}\r\n`)
      await settled()
    }
    if (source) {
      source.pipe(socket, { end: false })
      source.end('x\r\n')
      await new Promise((resolve) => source.once('end', resolve))
    } else socket.write('x\r\n')
    socket.write('.\r\n')
    wire.arrive(`${end}\r\n`)
    await settled()
  }

  return { wire, clock, connection, handshake, handedBack, deliver, message }
}

describe('a delivery socket whose connection was handed back', () => {
  it('says end and close, once, and takes no more lines', async () => {
    const { deliver, message, wire, handedBack } = bench()
    const first = deliver()
    await message(first)
    first.events.length = 0
    first.say('QUIT')
    assert.deepEqual(first.events, [])
    await settled()
    assert.deepEqual(first.events, ['end', 'close'])
    assert.equal(first.socket.writable, false)
    assert.deepEqual(handedBack, [false])
    assert.ok(!wire.text.includes('QUIT'))
  })

  // Postfix goes on with a transaction that its smtpd_end_of_data_restrictions refuse: `503 nested MAIL command`.
  for (const end of ['450 4.7.1 not now', '550 5.7.1 never'])
    it(`is followed by RSET when the message was answered ${end}`, async () => {
      const { deliver, message, wire, handedBack } = bench()
      const first = deliver()
      await message(first, undefined, end)
      first.say('QUIT')
      await settled()
      assert.deepEqual(handedBack, [true])
      assert.match(wire.text, /\r\nRSET\r\n$/)
    })

  const acts: [string, (side: Side) => unknown][] = [
    ['end', ({ socket }) => socket.end()],
    ['destroy', ({ socket }) => socket.destroy()],
    ['QUIT again', ({ say }) => say('QUIT')],
    ['another command', ({ say }) => say('MAIL FROM:<again@example.com>')],
    ['half a command', ({ socket }) => socket.write('RSE')],
    ['a command with a line end in it', ({ say }) => say('RCPT TO:<a\nb>')],
    ['a command without an end', ({ socket }) => socket.write('x'.repeat(100_000))],
    ['part of a message', ({ socket }) => socket.write(Buffer.from('more\r\n'))],
    ['the end of a message', ({ socket }) => socket.write(Buffer.from('.\r\n'))],
    ['TLS', ({ socket }) => socket.upgrade({}, () => undefined)],
    ['no listeners', ({ socket }) => socket.removeAllListeners()],
  ]
  for (const [what, act] of acts)
    for (const when of ['at once', 'when the next delivery has the connection'])
      it(`${what}, ${when}: the next delivery does not notice`, async () => {
        const { deliver, message, wire, handedBack } = bench()
        const first = deliver()
        await message(first)
        wire.written.length = 0
        first.say('QUIT')
        if (when === 'at once') act(first)
        const second = deliver()
        if (when !== 'at once') act(first)
        await settled()
        if (when !== 'at once') act(first)
        await message(second)
        assert.deepEqual(second.events.slice(-1), ['250 queued'])
        assert.deepEqual(wire.text.split('\r\n'), ['MAIL FROM:<>', 'RCPT TO:<a@example.com>', 'DATA', 'x', '.', ''])
        assert.deepEqual([wire.ended, wire.destroyed, wire.tlsOptions], [0, 0, undefined])
        assert.deepEqual(handedBack, [false])
      })

  for (const when of ['before', 'after'])
    it(`its file stream fails ${when} the next delivery has the connection: that does not notice`, async () => {
      const { deliver, message, wire } = bench()
      const first = deliver()
      const source = new PassThrough({ autoDestroy: false })
      await message(first, source)
      first.say('QUIT')
      await settled()
      if (when === 'before') source.emit('error', new Error('EIO'))
      const second = deliver()
      if (when === 'after') source.emit('error', new Error('EIO'))
      await message(second)
      assert.deepEqual(second.events.slice(-1), ['250 queued'])
      assert.equal(wire.destroyed, 0)
    })

  it('does not hear of what becomes of the next delivery', async () => {
    const { deliver, message, wire } = bench()
    const first = deliver()
    await message(first)
    first.say('QUIT')
    const second = deliver()
    await settled()
    first.events.length = 0
    wire.room = false
    second.say('EHLO x')
    await settled()
    second.say('MAIL FROM:<>')
    wire.emit('drain')
    wire.emit('error', new Error('boom'))
    await settled()
    assert.deepEqual(first.events, [])
    assert.match(second.events.join(), /error relay server: the connection failed: boom/)
  })

  it('does not hear of the replies that were still due', async () => {
    const { deliver, wire, handedBack, connection } = bench({ pipelined: true })
    const first = deliver()
    wire.arrive('220 hi\r\n')
    first.say('EHLO x')
    wire.arrive('250-x\r\n250 PIPELINING\r\n')
    first.say('MAIL FROM:<>')
    assert.equal(wire.written.at(-1), 'MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\n')
    wire.arrive('550 no\r\n')
    first.events.length = 0
    first.say('QUIT')
    await settled()
    wire.arrive('503 rcpt\r\n250 reset\r\n')
    await settled()
    assert.deepEqual(handedBack, [true])
    assert.deepEqual(first.events, ['end', 'close'])
    assert.equal(connection.restored, true)
  })

  describe('the next delivery', () => {
    it('is given the greeting and EHLO, and nothing of it goes over the wire', async () => {
      const { deliver, message, wire } = bench()
      const first = deliver()
      await message(first)
      first.say('QUIT')
      wire.written.length = 0
      const second = deliver()
      assert.deepEqual(second.events, [])
      await settled()
      second.say('EHLO x')
      assert.deepEqual(second.events, ['220 hi'])
      await settled()
      assert.deepEqual(second.events, ['220 hi', '250 x'])
      assert.equal(wire.text, '')
    })

    it('says EHLO to the relay server where its name is another one, and that counts from then on', async () => {
      const { deliver, message, wire } = bench()
      const first = deliver()
      await message(first)
      first.say('QUIT')
      const second = deliver()
      await settled()
      wire.written.length = 0
      second.say('EHLO y')
      assert.equal(wire.text, 'EHLO y\r\n')
      wire.arrive('250-x\r\n250 NEW\r\n')
      assert.deepEqual(second.events.slice(1), ['250-x', '250 NEW'])
      const third = deliver()
      await settled()
      third.say('EHLO y')
      await settled()
      assert.deepEqual(third.events.slice(1), ['250-x', '250 NEW'])
      assert.equal(wire.text, 'EHLO y\r\n')
    })

    it('is told when the relay server has closed before it says MAIL: nothing was answered', async () => {
      const { deliver, message, wire } = bench()
      const first = deliver()
      await message(first)
      first.say('QUIT')
      await settled()
      const second = deliver()
      wire.emit('end')
      await settled()
      assert.match(second.events.join(), /error relay server: it closed the connection/)
      assert.equal(second.socket.progress, 'unanswered')
    })

    for (const [reply, progress, told] of [
      ['421 4.3.2 bye', 'unanswered', /error relay connection: .*takes no further message on it: 421 4\.3\.2 bye/],
      ['450 later', 'over', /450 later/],
      ['250 ok', 'begun', /250 ok/],
    ] as const)
      it(`whose MAIL is answered ${reply}: ${progress}`, async () => {
        const { deliver, message, wire } = bench()
        const first = deliver()
        await message(first)
        first.say('QUIT')
        const second = deliver()
        await settled()
        second.say('EHLO x')
        await settled()
        second.say('MAIL FROM:<>')
        wire.arrive(`${reply}\r\n`)
        await settled()
        assert.equal(second.socket.progress, progress)
        assert.match(second.events.join(), told)
      })

    it('421 to the first message of a connection is a reply like any other', async () => {
      const { deliver, wire } = bench()
      const first = deliver()
      wire.arrive('220 hi\r\n')
      first.say('EHLO x')
      wire.arrive('250 x\r\n')
      first.say('MAIL FROM:<>')
      wire.arrive('421 bye\r\n')
      await settled()
      assert.deepEqual(first.events.slice(2), ['421 bye'])
    })
  })
})
