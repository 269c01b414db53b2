import assert from 'node:assert/strict'

import type { RelayConnectionOptions } from '../../lib/relay/connection-options.js'
import { commandExchange } from '../../lib/relay/exchange.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import type { RelayError } from '../../lib/relay/relay-error.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeWire, settled } from './fake-wire.js'

type Script = (command: string) => string | undefined

function bench(script?: Script, options: Partial<RelayConnectionOptions> = {}) {
  const wire = new FakeWire()
  const clock = new FakeClock()
  const asked: [string, string][] = []
  const observer = {
    wantsReplies: () => script !== undefined,
    returnCode: async (command: string, full: string) => {
      asked.push([command, full])
      return script?.(command)
    },
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
  const exchange = (line: string) =>
    commandExchange('rcpt', line, ({ presented }) => void got.push(`${line}: ${presented.lines.join('|')}`))
  let closed: { why: string; failed: boolean } | undefined
  void connection.closed.then((report) => (closed = report))
  const resets: boolean[] = []
  connection.attach({ failed: (error) => void errors.push(error), drained: () => undefined })
  return {
    wire,
    clock,
    asked,
    connection,
    got,
    errors,
    resets,
    exchange,
    send: (line: string) => connection.send(exchange(line)),
    reset: () => connection.reset((restored) => void resets.push(restored)),
    report: async () => {
      await settled()
      return closed
    },
  }
}

describe('a relay connection between two messages', () => {
  describe('can be used again', () => {
    it('when every reply is in', async () => {
      const { connection, send, wire } = bench()
      assert.equal(connection.restored, true)
      send('A')
      assert.equal(connection.restored, false)
      wire.arrive('250 a\r\n')
      assert.equal(connection.restored, true)
    })

    it('from within the settling of the last exchange', () => {
      const { connection, wire } = bench()
      let restored: boolean | undefined
      connection.send(commandExchange('rcpt', 'A', () => (restored = connection.restored)))
      wire.arrive('250 a\r\n')
      assert.equal(restored, true)
    })

    const not: [string, (b: ReturnType<typeof bench>) => unknown][] = [
      ['a reply that nobody asked for is there', ({ wire }) => wire.arrive('250 a\r\n')],
      ['half a line is there', ({ wire }) => wire.arrive('2')],
      ['half a reply is there', ({ wire }) => wire.arrive('250-a\r\n')],
      ['a message is under way', ({ connection }) => connection.beginBody()],
      ['it has failed', ({ connection }) => connection.abort('so')],
      ['it was destroyed', ({ connection }) => connection.destroy('so')],
      ['it is being ended', ({ connection }) => connection.finish('so')],
      ['the relay server has closed', ({ wire }) => wire.emit('end')],
      [
        '421 was said',
        ({ send, wire }) => {
          send('A')
          wire.arrive('421 bye\r\n')
        },
      ],
    ]
    for (const [what, act] of not)
      it(`not when ${what}`, () => {
        const b = bench()
        act(b)
        assert.equal(b.connection.restored, false)
      })

    it('not while the script is asked about a reply', async () => {
      const { connection, send, wire } = bench(() => undefined)
      send('A')
      wire.arrive('250 a\r\n')
      assert.equal(connection.restored, false)
      await settled()
      assert.equal(connection.restored, true)
    })

    it('not when the script changed the class of a reply', async () => {
      const { connection, send, wire } = bench(() => '450 later')
      send('A')
      wire.arrive('250 a\r\n')
      await settled()
      assert.equal(connection.restored, false)
      assert.equal(connection.consequence, 'reset')
    })
  })

  describe('at rest', () => {
    const ends: [string, (wire: FakeWire) => unknown, RegExp][] = [
      ['a reply', (wire) => wire.arrive('250 a\r\n'), /^relay server: it said 250 a between two messages$/],
      [
        '421 and a close',
        (wire) => {
          wire.arrive('421 bye\r\n')
          wire.emit('end')
        },
        /it said 421 bye between/,
      ],
      ['half a line', (wire) => wire.arrive('4'), /between two messages$/],
      ['half a reply', (wire) => wire.arrive('421-a\r\n'), /between two messages$/],
      ['what is no reply', (wire) => wire.arrive('\r\n'), /which is no reply line between two messages$/],
      ['a close', (wire) => wire.emit('end'), /it closed the connection between two messages$/],
      ['an error', (wire) => wire.emit('error', new Error('boom')), /the connection failed: boom between/],
    ]
    for (const [what, act, why] of ends)
      it(`${what} ends it: nobody is told, and it is no failure`, async () => {
        const { connection, wire, errors, report } = bench()
        connection.rest()
        act(wire)
        assert.equal(connection.restored, false)
        assert.equal(wire.destroyed, 1)
        wire.emit('close')
        const closed = await report()
        assert.match(closed?.why ?? '', why)
        assert.equal(closed?.failed, false)
        assert.deepEqual(errors, [])
      })

    it('the next client is told, and of nothing that was before', async () => {
      const { connection, wire, errors, send, got } = bench()
      connection.rest()
      const later: RelayError[] = []
      connection.attach({ failed: (error) => void later.push(error), drained: () => undefined })
      send('A')
      wire.arrive('250 a\r\n')
      wire.emit('end')
      await settled()
      assert.deepEqual(got, ['A: 250 a'])
      assert.deepEqual(errors, [])
      assert.deepEqual(
        later.map(({ message }) => message),
        ['relay server: it closed the connection'],
      )
    })

    it('has no deadline', async () => {
      const { connection, clock, send, wire, report } = bench()
      send('A')
      wire.arrive('250 a\r\n')
      connection.rest()
      clock.advance(86_400_000)
      assert.equal(await report(), undefined)
      assert.equal(connection.restored, true)
    })
  })

  describe('RSET', () => {
    it('restores what the script has changed', async () => {
      const { connection, wire, resets, reset, send } = bench((command) => (command === 'A' ? '550 no' : undefined))
      send('A')
      wire.arrive('250 a\r\n')
      await settled()
      connection.rest()
      reset()
      wire.arrive('250 reset\r\n')
      await settled()
      assert.deepEqual(resets, [true])
      assert.equal(connection.restored, true)
      assert.equal(connection.consequence, 'none')
    })

    it('comes after the replies that are due', async () => {
      const { connection, wire, resets, reset, send, got } = bench()
      send('A')
      send('B')
      connection.rest()
      reset()
      assert.equal(wire.text, 'A\r\nB\r\nRSET\r\n')
      wire.arrive('250 a\r\n550 ')
      wire.arrive('b\r\n')
      assert.deepEqual([got, resets], [['A: 250 a', 'B: 550 b'], []])
      wire.arrive('250 reset\r\n')
      assert.deepEqual(resets, [true])
    })

    for (const refusal of ['550 no', '421 bye', '354 go on', '450 later'])
      it(`that is answered ${refusal} does not`, () => {
        const { connection, wire, resets, reset } = bench()
        connection.rest()
        reset()
        wire.arrive(`${refusal}\r\n`)
        assert.deepEqual(resets, [false])
      })

    for (const [real, rewritten] of [
      ['250 reset', '550 no'],
      ['550 no', '250 reset'],
    ] as const)
      it(`that is answered ${real} and rewritten to ${rewritten} does not`, async () => {
        const { connection, wire, resets, reset, asked } = bench(() => rewritten)
        connection.rest()
        reset()
        wire.arrive(`${real}\r\n`)
        await settled()
        assert.deepEqual(resets, [false])
        assert.deepEqual(asked, [['RSET', real]])
      })

    it('does not when 421 was said before it', () => {
      const { connection, wire, resets, reset, send } = bench()
      send('A')
      connection.rest()
      reset()
      wire.arrive('421 bye\r\n250 reset\r\n')
      assert.deepEqual(resets, [false])
    })

    for (const [what, early] of [
      ['a reply', '250 extra\r\n'],
      ['half a line', '25'],
      ['half a reply', '250-extra\r\n'],
    ] as const)
      it(`is not sent behind ${what} that nobody asked for, which would be taken for its reply`, () => {
        const { connection, wire, resets, reset, send } = bench()
        send('A')
        wire.arrive(`550 a\r\n${early}`)
        connection.rest()
        reset()
        assert.deepEqual(resets, [false])
        assert.equal(wire.text, 'A\r\n')
      })

    it('with a reply behind the one to it does not', () => {
      const { connection, wire, resets, reset } = bench()
      connection.rest()
      reset()
      wire.arrive('250 reset\r\n250 again\r\n')
      assert.deepEqual(resets.filter(Boolean), [])
      assert.equal(connection.restored, false)
    })

    for (const [what, act] of [
      ['closes', (b: ReturnType<typeof bench>) => b.wire.emit('end')],
      ['says nothing', (b: ReturnType<typeof bench>) => b.clock.advance(300_000)],
    ] as const)
      it(`ends the connection when the relay server ${what} instead of answering`, async () => {
        const b = bench()
        b.connection.rest()
        b.reset()
        act(b)
        assert.equal(b.wire.destroyed, 1)
        b.clock.advance(5_000)
        assert.equal((await b.report())?.failed, false)
        assert.deepEqual(b.resets, [])
      })
  })

  describe('QUIT', () => {
    it('ends it when it is answered', async () => {
      const { connection, wire, report } = bench()
      connection.rest()
      connection.quit('idle')
      assert.equal(wire.text, 'QUIT\r\n')
      wire.arrive('221 bye\r\n')
      assert.equal(wire.ended, 1)
      wire.emit('close')
      assert.deepEqual(await report(), { why: 'idle', failed: false })
    })

    it('ends it when it is not', async () => {
      const { connection, clock, report } = bench()
      connection.rest()
      connection.quit('idle')
      clock.advance(5_000)
      clock.advance(5_000)
      assert.match((await report())?.why ?? '', /its reply to QUIT did not come within 5 s/)
    })

    it('ends it when the relay server answers and does not close', async () => {
      const { connection, wire, clock, report } = bench()
      connection.rest()
      connection.quit('idle')
      wire.arrive('221 bye\r\n')
      clock.advance(5_000)
      assert.equal(wire.destroyed, 1)
      wire.emit('close')
      assert.deepEqual(await report(), { why: 'idle', failed: false })
    })

    it('is not said to a relay server that expects something else', async () => {
      const { connection, wire } = bench(() => '550 no')
      connection.send(commandExchange('data', 'DATA', () => undefined))
      wire.arrive('354 go\r\n')
      await settled()
      connection.quit('idle')
      assert.equal(wire.text, 'DATA\r\n')
      assert.equal(wire.destroyed, 1)
    })

    it('is said once', () => {
      const { connection, wire } = bench()
      connection.rest()
      connection.quit('idle')
      wire.arrive('221 bye\r\n')
      connection.quit('idle')
      connection.quit('idle')
      assert.equal(wire.text, 'QUIT\r\n')
    })

    it('is shown to the script', async () => {
      const { connection, wire, asked } = bench(() => undefined)
      connection.rest()
      connection.quit('idle')
      wire.arrive('221 bye\r\n')
      await settled()
      assert.deepEqual(asked, [['QUIT', '221 bye']])
    })
  })

  describe('several commands in one write', () => {
    it('are answered in order, in whatever packets', () => {
      const { connection, wire, got, exchange } = bench()
      connection.sendAll(['A', 'B', 'C'].map(exchange))
      assert.deepEqual(wire.written, ['A\r\nB\r\nC\r\n'])
      for (const byte of '250-a\r\n250 aa\r\n550 b\r\n250 c\r\n') wire.arrive(byte)
      assert.deepEqual(got, ['A: 250-a|250 aa', 'B: 550 b', 'C: 250 c'])
    })

    it('have one deadline each', async () => {
      const { connection, wire, clock, errors, exchange } = bench()
      connection.sendAll(['A', 'B'].map(exchange))
      clock.advance(299_000)
      wire.arrive('250 a\r\n')
      clock.advance(299_000)
      assert.equal(errors.length, 0)
      clock.advance(1_000)
      await settled()
      assert.match(errors[0]?.message ?? '', /its reply to B did not come/)
    })

    it('may be answered by fewer replies and a close: those that came count', async () => {
      const { connection, wire, got, errors, exchange } = bench()
      connection.sendAll(['A', 'B'].map(exchange))
      wire.arrive('250 a\r\n')
      wire.emit('end')
      await settled()
      assert.deepEqual(got, ['A: 250 a'])
      assert.equal(errors.length, 1)
    })

    it('none is sent after a failure', () => {
      const { connection, wire, exchange } = bench()
      connection.abort('so')
      connection.sendAll(['A', 'B'].map(exchange))
      assert.deepEqual(wire.written, [])
    })
  })

  for (const stage of ['mail', 'data'] as const)
    it(`does not take a reply that came early for the one to ${stage.toUpperCase()}`, async () => {
      const { connection, wire, errors } = bench()
      wire.arrive('250 extra\r\n')
      const settledWith: string[] = []
      connection.send(commandExchange(stage, stage, ({ presented }) => settledWith.push(presented.lines[0])))
      await settled()
      assert.deepEqual(settledWith, [])
      assert.match(errors[0]?.message ?? '', /more replies than/)
      assert.equal(wire.text, '')
    })
})
