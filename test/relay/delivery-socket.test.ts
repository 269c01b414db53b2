import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { RelayError } from '../../lib/relay/relay-error.js'
import { DeliverySocket } from '../../lib/relay/delivery-socket.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeWire, settled } from './fake-wire.js'
import { soloDelivery } from './solo-delivery.js'

interface Bench {
  wire: FakeWire
  clock: FakeClock
  connection: RelayConnection
  socket: DeliverySocket
  events: string[]
}

function bench(...envelope: Parameters<typeof soloDelivery>): Bench {
  const wire = new FakeWire()
  const clock = new FakeClock()
  const observer = {
    wantsReplies: () => false,
    returnCode: () => Promise.resolve(undefined),
    rewritten: () => undefined,
    warning: () => undefined,
  }
  const connection = new RelayConnection(wire, { observer, allowLosingRewrites: true, forceTls: false, clock })
  const socket = new DeliverySocket(connection, {
    ...soloDelivery(...envelope),
    name: 'test',
    observer,
    tls: 'available',
    authPlaintext: true,
    requireAuth: false,
  })
  const events: string[] = []
  socket.on('line', (line: string) => events.push(line))
  for (const name of ['end', 'close', 'drain', 'secure']) socket.on(name, () => events.push(name))
  socket.on('error', (error: RelayError) => events.push(`error ${error.message}`))
  return { wire, clock, connection, socket, events }
}

/** Up to the 354. */
function inBody(): Bench {
  const result = bench()
  const { wire, socket } = result
  wire.arrive('220 hi\r\n')
  for (const [command, reply] of [
    ['EHLO x', '250 x'],
    ['MAIL FROM:<>', '250 ok'],
    ['RCPT TO:<a@example.com>', '250 ok'],
    ['DATA', '354 go'],
  ] as const) {
    socket.write(`${command}\r\n`)
    wire.arrive(`${reply}\r\n`)
  }
  wire.written.length = 0
  result.events.length = 0
  return result
}

describe('delivery socket', () => {
  it('presents lines without their ends', () => {
    const { wire, events } = bench()
    wire.arrive('220-a\r\n220\r\n')
    assert.deepEqual(events, ['220-a', '220 '])
  })

  it('lets no event out of write', async () => {
    const { wire, socket, events } = bench()
    wire.arrive('220 hi\r\n250 early\r\n')
    socket.write('EHLO x\r\n')
    assert.deepEqual(events, ['220 hi'])
    await settled()
    assert.deepEqual(events, ['220 hi', '250 early'])
  })

  it('takes commands in pieces and several at once', () => {
    const { wire, socket } = bench()
    wire.arrive('220 hi\r\n')
    socket.write('MAIL FR')
    socket.write('OM:<>\r')
    socket.write('\nRCPT TO:<\xe4@example.com>\r\nRCPT TO:<b@example.com>\r\n', 'utf8')
    assert.equal(
      wire.text,
      `MAIL FROM:<>\r\nRCPT TO:<${Buffer.from('\xe4').toString('latin1')}@example.com>\r\nRCPT TO:<b@example.com>\r\n`,
    )
  })

  for (const line of ['RCPT TO:<a\nb>', 'RCPT TO:<a\rb>', 'RCPT TO:<a\0b>'])
    it(`does not send ${JSON.stringify(line)}`, async () => {
      const { wire, socket, events } = bench()
      wire.arrive('220 hi\r\n')
      socket.write(`${line}\r\n`)
      await settled()
      assert.equal(wire.text, '')
      assert.match(events[1] ?? '', /^error relay connection: a command with a line end in it is not sent/)
    })

  it('stays writable until it says error', async () => {
    const { wire, socket } = bench()
    wire.emit('close')
    assert.equal(socket.writable, true)
    let seen: boolean | undefined
    socket.on('error', () => (seen = socket.writable))
    await settled()
    assert.equal(seen, false)
  })

  it('says error, end and close once when the wire fails', async () => {
    const { wire, events } = bench()
    wire.emit('error', new Error('boom'))
    wire.emit('close')
    await settled()
    assert.deepEqual(events, [
      'error relay server: the connection failed: boom while its greeting was awaited',
      'end',
      'close',
    ])
  })

  it('says an error with the return path that Haraka knows', async () => {
    const { wire, socket, events } = bench(() => ({
      mailLine: 'MAIL FROM:<other@example.com>',
      rcptLines: [],
      pipelined: false,
    }))
    wire.arrive('220 hi\r\n')
    socket.write('MAIL FROM:<own@example.com>\r\n')
    wire.arrive('250 ok\r\n')
    socket.write('RCPT TO:<a@example.com>\r\n')
    wire.arrive('250 ok\r\n')
    socket.write('DATA\r\n')
    wire.arrive('354 go\r\n')
    await settled()
    wire.arrive('552 <other@example.com>: no more\r\n')
    await settled()
    assert.match(events.find((event) => event.startsWith('error')) ?? '', /552 <own@example\.com>: no more/)
  })

  it('throws nothing when nobody listens', async () => {
    const { wire, socket } = bench()
    socket.removeAllListeners()
    wire.emit('error', new Error('boom'))
    await settled()
    socket.destroy()
  })

  it('may be destroyed at any time, any number of times', async () => {
    const { wire, socket, events, connection } = inBody()
    socket.removeAllListeners()
    socket.destroy()
    socket.destroy()
    assert.equal(socket.write(Buffer.from('x')), true)
    let called = false
    socket.write('QUIT\r\n', 'utf8', () => (called = true))
    socket.end()
    socket.upgrade({})
    wire.arrive('250 ok\r\n')
    wire.emit('close')
    await settled()
    assert.equal(called, true)
    assert.equal(wire.destroyed, 1)
    assert.deepEqual([wire.text, events], ['', []])
    assert.deepEqual(await connection.closed, { why: 'released by Haraka', failed: false })
  })

  it('closes when it is destroyed by what it has just said', async () => {
    const { wire, socket, connection } = bench()
    socket.once('line', () => {
      socket.removeAllListeners()
      socket.destroy()
    })
    wire.arrive('220-a\r\n220 b\r\n')
    wire.emit('close')
    assert.equal((await connection.closed).failed, false)
  })

  it('ends after the reply to QUIT', async () => {
    const { wire, socket, events } = bench()
    wire.arrive('220 hi\r\n')
    socket.write('QUIT\r\n')
    assert.deepEqual(events, ['220 hi'])
    wire.arrive('221 bye\r\n')
    await settled()
    assert.deepEqual(events, ['220 hi', '221 bye', 'end', 'close'])
    assert.equal(wire.ended, 1)
  })

  it('ends without an error when QUIT is not answered in time', async () => {
    const { wire, socket, events, clock, connection } = bench()
    wire.arrive('220 hi\r\n')
    socket.write('QUIT\r\n')
    clock.advance(5000)
    assert.deepEqual(events, ['220 hi', 'end', 'close'])
    wire.emit('close')
    assert.equal((await connection.closed).failed, true)
  })

  it('half-closes when hmail ends it', () => {
    const { wire, socket } = bench()
    wire.arrive('220 hi\r\n')
    socket.write('QUIT\r\n', 'utf8')
    socket.end()
    socket.removeAllListeners()
    socket.destroy()
    assert.deepEqual([wire.text, wire.ended, wire.destroyed], ['QUIT\r\n', 1, 0])
  })

  describe('message', () => {
    it('passes Buffers through as they are, each when the next one comes', () => {
      const { wire, socket } = inBody()
      const chunk = Buffer.from([0, 255, 13, 10])
      const passed: unknown[] = []
      wire.write = (data) => {
        passed.push(data)
        return true
      }
      socket.write(chunk)
      assert.deepEqual(passed, [])
      socket.write(Buffer.from('x'))
      assert.equal(passed[0], chunk)
    })

    it('leaves its last part to go with the dot, in one packet', () => {
      const { wire, socket } = inBody()
      for (const chunk of ['a\r\n', 'b\r\n', '.\r\n']) socket.write(chunk)
      assert.deepEqual(wire.written, ['a\r\n', 'b\r\n.\r\n'])
    })

    it('ends with a dot at the beginning of a line, in one write or another', () => {
      for (const body of [[], ['a\r\n'], ['a', '\r', '\n'], ['a\r', '\n']]) {
        const { wire, socket, events } = inBody()
        for (const chunk of body) socket.write(Buffer.from(chunk))
        socket.write(Buffer.from('.\r\n'))
        assert.equal(wire.text, `${body.join('')}.\r\n`)
        wire.arrive('250 queued\r\n')
        assert.deepEqual(events, ['250 queued'])
      }
    })

    it('does not end with a chunk that looks like it within a line', () => {
      const { wire, socket, events } = inBody()
      for (const chunk of ['a\r\n.', '.\r\n', 'b\r\n', 'c\r\n']) socket.write(chunk)
      assert.equal(wire.text, 'a\r\n..\r\nb\r\n')
      wire.arrive('250 early\r\n')
      assert.match(events[0] ?? '', /^error .*answered before the end of the message/)
      assert.equal(wire.destroyed, 1)
    })

    it('without a final line end gets one before its dot', async () => {
      const { wire, socket, events } = inBody()
      const source = Readable.from([Buffer.from('a\r\n.'), Buffer.from('.\r\n'), Buffer.from('b')], {
        objectMode: false,
      })
      source.on('end', () => socket.write('.\r\n', 'utf8'))
      source.pipe(socket, { end: false })
      await settled()
      assert.equal(wire.text, 'a\r\n..\r\nb\r\n.\r\n')
      wire.arrive('250 queued\r\n')
      assert.deepEqual(events, ['250 queued'])
    })

    it('pauses when the wire does, and goes on when it drains', async () => {
      const { wire, socket } = inBody()
      const chunks = Array.from({ length: 5 }, (_, i) => Buffer.from(`${i}\r\n`))
      wire.room = false
      const source = Readable.from(chunks, { objectMode: false })
      source.on('end', () => socket.write('.\r\n', 'utf8'))
      source.pipe(socket, { end: false })
      for (let i = 0; i < 3; i++) {
        await settled()
        assert.equal(wire.written.length, i + 1)
        assert.equal(socket.writableNeedDrain, true)
        wire.emit('drain')
      }
      await settled()
      assert.equal(wire.text, '0\r\n1\r\n2\r\n3\r\n4\r\n.\r\n')
    })

    it('closes its source when the connection fails in the middle', async () => {
      const { wire, socket, events } = inBody()
      wire.room = false
      const source = Readable.from([Buffer.from('a'), Buffer.from('b')], { objectMode: false })
      source.pipe(socket, { end: false })
      await settled()
      wire.emit('error', new Error('gone'))
      await settled()
      assert.equal(source.destroyed, true)
      assert.match(events[0] ?? '', /^error relay server: the connection failed: gone/)
      socket.write(Buffer.from('more'))
    })

    it('fails when it is answered before its end', async () => {
      const { wire, socket, events } = inBody()
      socket.write('a\r\n')
      wire.arrive('250 queued\r\n')
      await settled()
      assert.match(events[0] ?? '', /answered before the end of the message: 250 queued/)
    })
  })
})
