import assert from 'node:assert/strict'
import { commandExchange, localExchange } from '../../lib/relay/exchange.js'
import type { RelayError } from '../../lib/relay/relay-error.js'
import type { RelayConnectionOptions } from '../../lib/relay/connection-options.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import type { RelayObserver } from '../../lib/relay/relay-observer.js'
import { makeReply } from '../../lib/core/reply.js'
import type { Stage } from '../../lib/core/reply-guards.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeWire, settled } from './fake-wire.js'

interface Bench {
  wire: FakeWire
  clock: FakeClock
  connection: RelayConnection
  /** What was settled: `command: presented reply`. */
  got: string[]
  errors: RelayError[]
  drains: number
  send: (stage: Stage, line: string) => void
}

function bench(
  options: Partial<RelayConnectionOptions> = {},
  answers?: (command: string) => Promise<string | undefined>,
): Bench {
  const wire = new FakeWire()
  const clock = new FakeClock()
  const observer: RelayObserver = {
    wantsReplies: () => answers !== undefined,
    returnCode: (command) => (answers ? answers(command) : Promise.resolve(undefined)),
    rewritten: () => undefined,
    warning: () => undefined,
  }
  const connection = new RelayConnection(wire, {
    observer,
    allowLosingRewrites: true,
    forceTls: false,
    clock,
    ...options,
  })
  const got: string[] = []
  const errors: RelayError[] = []
  const result: Bench = {
    wire,
    clock,
    connection,
    got,
    errors,
    drains: 0,
    send(stage, line) {
      connection.send(
        commandExchange(stage, line, ({ presented }) => void got.push(`${line}: ${presented.lines.join('|')}`)),
      )
    },
  }
  connection.attach({ failed: (error) => void errors.push(error), drained: () => void (result.drains += 1) })
  return result
}

describe('relay connection', () => {
  it('matches replies to several outstanding commands in order', () => {
    const { wire, got, send } = bench()
    send('mail', 'MAIL FROM:<>')
    send('rcpt', 'RCPT TO:<a@example.com>')
    send('rcpt', 'RCPT TO:<b@example.com>')
    assert.equal(wire.text, 'MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n')
    wire.arrive('250 m\r\n550-a')
    assert.deepEqual(got, ['MAIL FROM:<>: 250 m'])
    wire.arrive('a\r\n550 aa\r\n250 b\r')
    assert.equal(got.length, 2)
    wire.arrive('\n')
    assert.deepEqual(got.slice(1), ['RCPT TO:<a@example.com>: 550-aa|550 aa', 'RCPT TO:<b@example.com>: 250 b'])
  })

  it('settles within the data event when there is no script', () => {
    const { wire, got, send } = bench()
    send('mail', 'MAIL')
    wire.arrive('250 ok\r\n')
    assert.deepEqual(got, ['MAIL: 250 ok'])
  })

  it('never settles within send, not even for an early or a local reply', async () => {
    const { wire, got, send, connection } = bench()
    wire.arrive('250 early\r\n')
    send('rcpt', 'RCPT')
    connection.send(localExchange(makeReply(454, 'local'), ({ presented }) => got.push(presented.lines[0])))
    assert.deepEqual(got, [])
    await settled()
    assert.deepEqual(got, ['RCPT: 250 early', '454 local'])
  })

  it('keeps a local reply behind the replies that are outstanding before it', async () => {
    const { wire, got, send, connection } = bench()
    send('mail', 'MAIL')
    connection.send(localExchange(makeReply(454, 'local'), ({ presented }) => got.push(presented.lines[0])))
    await settled()
    assert.deepEqual(got, [])
    wire.arrive('250 ok\r\n')
    assert.deepEqual(got, ['MAIL: 250 ok', '454 local'])
  })

  it('asks the script about one reply at a time and holds the others', async () => {
    const asked: string[] = []
    const answers: ((answer: string | undefined) => void)[] = []
    const { wire, got, send } = bench({}, (command) => {
      asked.push(command)
      return new Promise((resolve) => answers.push(resolve))
    })
    send('mail', 'MAIL')
    send('rcpt', 'RCPT')
    wire.arrive('250 m\r\n250 r\r\n')
    await settled()
    assert.deepEqual(asked, ['MAIL'])
    answers[0]?.('450 later')
    await settled()
    assert.deepEqual(asked, ['MAIL', 'RCPT'])
    assert.deepEqual(got, ['MAIL: 450 later'])
    answers[1]?.(undefined)
    await settled()
    assert.deepEqual(got, ['MAIL: 450 later', 'RCPT: 250 r'])
  })

  it('takes a script that fails for one that says nothing', async () => {
    const { wire, got, send } = bench({}, () => Promise.reject(new Error('script')))
    send('mail', 'MAIL')
    wire.arrive('250 m\r\n')
    await settled()
    assert.deepEqual(got, ['MAIL: 250 m'])
  })

  it('tells of its failure after the replies that came before it', async () => {
    const answers: ((answer: string | undefined) => void)[] = []
    const { wire, got, errors, send } = bench({}, () => new Promise((resolve) => answers.push(resolve)))
    send('rcpt', 'RCPT')
    wire.arrive('421 bye\r\n')
    wire.emit('end')
    wire.emit('close')
    await settled()
    assert.deepEqual([got, errors], [[], []])
    answers[0]?.(undefined)
    await settled()
    assert.deepEqual(got, ['RCPT: 421 bye'])
    assert.equal(errors.length, 1)
  })

  it('fails once, and swallows what is written after that', async () => {
    const { wire, errors, send, connection } = bench()
    send('mail', 'MAIL')
    wire.emit('error', new Error('read ECONNRESET'))
    wire.emit('error', new Error('again'))
    wire.emit('close')
    wire.arrive('250 ok\r\n')
    await settled()
    assert.equal(errors.length, 1)
    assert.equal(
      errors[0]?.message,
      'relay server: the connection failed: read ECONNRESET while its reply to MAIL was awaited',
    )
    send('rcpt', 'RCPT')
    assert.equal(connection.writeBody(Buffer.from('x')), true)
    await settled()
    assert.equal(wire.text, 'MAIL\r\n')
    assert.deepEqual(await connection.closed, { why: errors[0].message, failed: true })
  })

  describe('deadlines', () => {
    it('count from the command to the complete reply: a trickle does not help', async () => {
      const { wire, clock, errors, send } = bench({ replyTimeoutMs: 1000 })
      send('mail', 'MAIL')
      for (const byte of '250-slow') {
        clock.advance(120)
        wire.arrive(byte)
      }
      assert.equal(errors.length, 0)
      clock.advance(40)
      assert.equal(errors[0]?.message, 'relay server: its reply to MAIL did not come within 1 s')
      assert.equal(wire.destroyed, 1)
    })

    it('hold for a reply of endless lines, too', () => {
      const { wire, clock, errors, send } = bench({ replyTimeoutMs: 1000 })
      send('ehlo', 'EHLO x')
      for (let i = 0; i < 9; i++) {
        clock.advance(100)
        wire.arrive('250-more\r\n')
      }
      clock.advance(100)
      assert.equal(errors.length, 1)
    })

    it('begin anew for the next of several commands', () => {
      const { wire, clock, errors, got, send } = bench({ replyTimeoutMs: 1000 })
      send('mail', 'MAIL')
      send('rcpt', 'RCPT')
      clock.advance(900)
      wire.arrive('250 m\r\n')
      clock.advance(900)
      wire.arrive('250 r\r\n')
      clock.advance(5000)
      assert.equal(errors.length, 0)
      assert.equal(got.length, 2)
    })

    it('are twice as long for the end of data and short for QUIT', () => {
      const one = bench({ replyTimeoutMs: 1000 })
      one.send('end-of-data', '.')
      one.clock.advance(1999)
      assert.equal(one.errors.length, 0)
      one.clock.advance(1)
      assert.equal(one.errors[0]?.message, 'relay server: its reply to the end of the message did not come within 2 s')
      const two = bench({ quitTimeoutMs: 50 })
      two.send('quit', 'QUIT')
      two.clock.advance(50)
      assert.equal(two.errors.length, 1)
    })

    it('count for the greeting', () => {
      const { clock, errors, connection } = bench({ replyTimeoutMs: 1000 })
      connection.send({ stage: 'greeting', command: '', settle: () => undefined })
      clock.advance(1000)
      assert.equal(errors[0]?.message, 'relay server: its greeting did not come within 1 s')
    })

    it('do not run while the script thinks', async () => {
      const { wire, clock, errors, send } = bench({ replyTimeoutMs: 1000 }, () => new Promise(() => undefined))
      send('mail', 'MAIL')
      wire.arrive('250 m\r\n')
      clock.advance(10_000)
      await settled()
      assert.equal(errors.length, 0)
    })

    it('within a message count from its last progress', () => {
      const { wire, clock, errors, connection } = bench({ replyTimeoutMs: 1000 })
      connection.beginBody()
      for (let i = 0; i < 5; i++) {
        clock.advance(900)
        connection.writeBody(Buffer.from('x'))
        clock.advance(900)
        wire.emit('drain')
      }
      assert.equal(errors.length, 0)
      clock.advance(1000)
      assert.equal(errors[0]?.message, 'relay server: it took no more of the message within 1 s')
    })

    it('count for the TLS handshake', () => {
      const { wire, clock, errors, send, connection } = bench({ replyTimeoutMs: 1000 })
      send('starttls', 'STARTTLS')
      wire.arrive('220 go\r\n')
      connection.upgrade({}, () => undefined)
      clock.advance(1000)
      assert.match(errors[0]?.message ?? '', /TLS handshake was not finished within 1 s/)
      assert.equal(errors[0]?.source, 'tls')
    })

    it('leave no timer behind', async () => {
      const { wire, clock, send, connection } = bench()
      for (let i = 0; i < 100; i++) {
        send('mail', 'MAIL')
        wire.arrive('250 ok\r\n')
      }
      assert.equal(clock.timers, 1)
      send('quit', 'QUIT')
      wire.arrive('221 bye\r\n')
      connection.finish('QUIT')
      assert.equal(clock.timers, 1)
      wire.emit('close')
      assert.equal(clock.timers, 0)
      assert.deepEqual(await connection.closed, { why: 'QUIT', failed: false })
    })
  })

  describe('TLS', () => {
    const started = (options: Partial<RelayConnectionOptions> = {}): Bench => {
      const result = bench(options)
      result.send('starttls', 'STARTTLS')
      result.wire.arrive('220 go\r\n')
      return result
    }

    it('passes what Haraka gives, and the result back', () => {
      const { wire, connection, errors } = started()
      const results: unknown[] = []
      connection.upgrade({ servername: 'relay.test', rejectUnauthorized: true }, (...result) => results.push(...result))
      assert.deepEqual(wire.tlsOptions, { servername: 'relay.test', rejectUnauthorized: true })
      wire.secure(false)
      assert.deepEqual(results, [false])
      wire.arrive('250 after\r\n')
      assert.equal(errors.length, 0)
    })

    it('has the certificate verified for the address where Haraka names no server', () => {
      const { wire, connection } = started({ host: '192.0.2.1' })
      connection.upgrade({ rejectUnauthorized: true }, () => undefined)
      // Without it Node.js verifies it for `localhost`.
      assert.deepEqual(wire.tlsOptions, { host: '192.0.2.1', rejectUnauthorized: true })
    })

    it('verifies as it is told when it begins', () => {
      let verify: boolean | undefined = true
      const { wire, connection } = started({ verifyCertificate: () => verify })
      verify = false
      connection.upgrade({ rejectUnauthorized: true }, () => undefined)
      assert.equal(wire.tlsOptions?.['rejectUnauthorized'], false)
    })

    it('counts as secure without verification only when that is switched off', () => {
      const { wire, connection } = started({ verifyCertificate: () => false, forceTls: true })
      assert.equal(connection.secure, false)
      const results: unknown[] = []
      connection.upgrade({}, (authorized) => results.push(authorized))
      wire.secure(false)
      assert.deepEqual([results, connection.secure], [[true], true])
      const other = started({ forceTls: true })
      other.wire.encrypted = true
      assert.equal(other.connection.secure, false)
    })

    it('reads nothing between the 220 and the end of the handshake', async () => {
      const { wire, connection, errors } = started()
      wire.arrive('250 injected\r\n')
      connection.upgrade({}, () => assert.fail('no TLS after that'))
      await settled()
      assert.match(errors[0]?.message ?? '', /between STARTTLS and TLS/)
      const other = started()
      other.connection.upgrade({}, () => assert.fail('no TLS after that'))
      other.wire.arrive('250 injected\r\n')
      other.wire.secure(true)
      await settled()
      assert.equal(other.errors.length, 1)
    })

    it('fails with the source hmail looks for when it cannot be started', async () => {
      const { wire, connection, errors } = started()
      wire.upgrade = () => {
        throw new Error('bad options')
      }
      connection.upgrade({}, () => undefined)
      await settled()
      assert.match(errors[0]?.message ?? '', /TLS cannot be started: bad options/)
      assert.equal(errors[0]?.source, 'tls')
    })
  })

  describe('its end', () => {
    it('is reported once, when the wire is closed', async () => {
      const { wire, connection } = bench()
      let reports = 0
      void connection.closed.then(() => (reports += 1))
      connection.destroy('enough')
      connection.destroy('again')
      await settled()
      assert.equal(reports, 0)
      assert.equal(wire.destroyed, 1)
      wire.emit('close')
      wire.emit('close')
      await settled()
      assert.equal(reports, 1)
      assert.deepEqual(await connection.closed, { why: 'enough', failed: false })
    })

    it('is reported even if the wire never says so', async () => {
      const { clock, connection } = bench({ quitTimeoutMs: 50 })
      connection.destroy('enough')
      clock.advance(50)
      assert.deepEqual(await connection.closed, { why: 'enough', failed: false })
    })

    it('after finish waits for the server, but not for long', async () => {
      const { wire, clock, connection } = bench({ quitTimeoutMs: 50 })
      connection.finish('QUIT')
      connection.destroy('released')
      assert.deepEqual([wire.ended, wire.destroyed], [1, 0])
      clock.advance(50)
      assert.equal(wire.destroyed, 1)
      wire.emit('close')
      assert.deepEqual(await connection.closed, { why: 'QUIT', failed: false })
    })

    it('survives errors of the wire that come later', () => {
      const { wire, connection, errors } = bench()
      connection.destroy('enough')
      wire.emit('error', new Error('late'))
      assert.equal(errors.length, 0)
    })

    it('drops what is outstanding', async () => {
      const { wire, connection, got, send } = bench({}, () => Promise.resolve(undefined))
      send('mail', 'MAIL')
      wire.arrive('250 ok\r\n')
      connection.destroy('enough')
      await settled()
      assert.deepEqual(got, [])
    })
  })
})
