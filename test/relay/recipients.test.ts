import assert from 'node:assert/strict'
import { startScriptedRelay, type Answer, type ScriptedRelayOptions } from '../support/scripted-relay.js'
import { drive, type Drive, type DriveOptions, type Outcome } from './hmail-driver.js'

interface Result extends Drive {
  commands: readonly string[]
  taken: readonly (readonly string[])[]
}

async function deliver(relayOptions: ScriptedRelayOptions, options: Omit<DriveOptions, 'port'>): Promise<Result> {
  const relay = await startScriptedRelay(relayOptions)
  try {
    const result = await drive({ port: relay.port, ...options })
    const connection = relay.connections[0]!
    await relay.until(() => !connection.open)
    return { ...result, commands: connection.commands, taken: relay.messages.map(({ rcptTo }) => rcptTo) }
  } finally {
    await relay.close()
  }
}

const [A, B, C] = ['a@example.com', 'b@example.com', 'c@example.com'] as const
const rcpt = (byAddress: Record<string, Answer>): ScriptedRelayOptions => ({ rcpt: { byAddress } })
const summary = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map(({ kind, to }) => `${kind} ${to.map((address) => address.charAt(0)).join('')}`).sort()

describe('recipients whose fate the script changed', () => {
  describe('accepted by the relay server, refused by the script', () => {
    const refuseB = (command: string): string | undefined => (command.includes(B) ? '550 5.7.1 not to b' : undefined)

    it('does not get the message: the transaction is repeated without it', async () => {
      const { outcomes, commands, taken, asked } = await deliver({}, { to: [A, B, C], script: refuseB })
      assert.deepEqual(summary(outcomes), ['bounced b', 'delivered ac'])
      assert.deepEqual(taken, [[A, C]])
      assert.deepEqual(commands.slice(1), [
        'MAIL FROM:<alice@example.com>',
        `RCPT TO:<${A}>`,
        `RCPT TO:<${B}>`,
        `RCPT TO:<${C}>`,
        'RSET',
        'MAIL FROM:<alice@example.com>',
        `RCPT TO:<${A}>`,
        `RCPT TO:<${C}>`,
        'DATA',
        '.',
        'QUIT',
      ])
      assert.deepEqual(
        asked.map(([command]) => command),
        ['', ...commands],
      )
    })

    it('sends nothing when it was the only one', async () => {
      const { outcomes, commands, taken } = await deliver({}, { to: [B], script: refuseB })
      assert.deepEqual(summary(outcomes), ['bounced b'])
      assert.deepEqual(taken, [])
      assert.deepEqual(commands.slice(-2), [`RCPT TO:<${B}>`, 'QUIT'])
    })

    const second = (first: Answer, again: Answer): Answer => {
      let seen = 0
      return (request) => {
        const answer = seen++ === 0 ? first : again
        return typeof answer === 'function' ? answer(request) : answer
      }
    }
    const failures: [string, ScriptedRelayOptions][] = [
      ['RSET is refused', { rset: '502 no' }],
      ['MAIL is refused', { mail: second(undefined, '451 later') }],
      ['a recipient is refused', { ...rcpt({ [C]: second(undefined, '450 later') }) }],
    ]
    for (const [what, relayOptions] of failures)
      it(`defers the whole message when ${what} in the repetition`, async () => {
        const { outcomes, commands, taken } = await deliver(relayOptions, { to: [A, B, C], script: refuseB })
        assert.deepEqual(summary(outcomes), ['deferred abc'])
        assert.match(outcomes[0]?.why ?? '', /451 4\.3\.0 the script refused a recipient/)
        assert.deepEqual(taken, [])
        assert.equal(commands.at(-1), 'QUIT')
        assert.ok(!commands.includes('DATA'))
      })

    it('defers when the script judges otherwise in the repetition', async () => {
      let asked = 0
      const { outcomes, taken } = await deliver(
        {},
        {
          to: [A, B],
          script: (command) => (command.includes(A) && ++asked === 2 ? '450 changed my mind' : refuseB(command)),
        },
      )
      assert.deepEqual(summary(outcomes), ['deferred ab'])
      assert.deepEqual(taken, [])
    })

    it('gives DATA of the repetition to the script, too', async () => {
      const { outcomes, taken } = await deliver(
        {},
        { to: [A, B], script: (command) => (command === 'DATA' ? '451 not now' : refuseB(command)) },
      )
      assert.deepEqual(summary(outcomes), ['deferred ab'])
      assert.deepEqual(taken, [])
    })

    it('tries the next relay server when the connection is lost in the repetition', async () => {
      const { outcomes, closed } = await deliver({ rset: { then: 'close' } }, { to: [A, B], script: refuseB })
      assert.deepEqual(summary(outcomes), ['next relay server ab'])
      assert.equal(closed.failed, true)
    })
  })

  describe('refused by the relay server, accepted by the script', () => {
    const acceptB = (command: string): string | undefined => (command.includes(B) ? '250 fine' : undefined)

    it('leaves the queue with a warning; the others get the message', async () => {
      const { outcomes, commands, taken, rewritten } = await deliver(rcpt({ [B]: '550 no' }), {
        to: [A, B],
        script: acceptB,
      })
      assert.deepEqual(summary(outcomes), ['delivered ab'])
      assert.deepEqual(taken, [[A]])
      assert.ok(!commands.includes('RSET'))
      assert.deepEqual(
        rewritten[0]?.warnings.map(({ kind }) => kind),
        ['loses'],
      )
    })

    it('alone: nothing is sent, not even DATA', async () => {
      const { outcomes, commands, taken, warnings, asked } = await deliver(rcpt({ [B]: '550 no' }), {
        to: [B],
        script: acceptB,
      })
      assert.deepEqual(summary(outcomes), ['delivered b'])
      assert.match(outcomes[0]?.why ?? '', /not delivered: every recipient was refused/)
      assert.deepEqual(taken, [])
      assert.deepEqual(commands.slice(-2), [`RCPT TO:<${B}>`, 'QUIT'])
      assert.equal(warnings.length, 1)
      assert.ok(!asked.some(([command]) => command === 'DATA' || command === '.'))
    })

    it('swallows a large message without stopping', async () => {
      const body = Array.from({ length: 64 }, () => Buffer.alloc(65536, 'x\r\n'))
      const { outcomes } = await deliver(rcpt({ [B]: '550 no' }), { to: [B], script: acceptB, body })
      assert.deepEqual(summary(outcomes), ['delivered b'])
    })

    it('together with one the other way round: nothing is sent', async () => {
      const { outcomes, commands, taken } = await deliver(rcpt({ [B]: '550 no' }), {
        to: [A, B],
        script: (command) => (command.includes(A) ? '550 not a' : acceptB(command)),
      })
      assert.deepEqual(summary(outcomes), ['bounced a', 'delivered b'])
      assert.deepEqual(taken, [])
      assert.ok(!commands.includes('DATA'))
    })

    it('is bounced when losing rewrites are not allowed', async () => {
      const { outcomes } = await deliver(rcpt({ [B]: '550 no' }), {
        to: [A, B],
        script: acceptB,
        allowLosingRewrites: false,
      })
      assert.deepEqual(summary(outcomes), ['bounced b', 'delivered a'])
    })
  })

  it('all three kinds at once', async () => {
    const { outcomes, taken } = await deliver(rcpt({ [B]: '550 no' }), {
      to: [A, B, C],
      script: (command) => (command.includes(B) ? '250 yes' : command.includes(C) ? '450 later' : undefined),
    })
    assert.deepEqual(summary(outcomes), ['deferred c', 'delivered ab'])
    assert.deepEqual(taken, [[A]])
  })

  describe('over LMTP', () => {
    const lmtp = (relayOptions: ScriptedRelayOptions, options: Omit<DriveOptions, 'port'>): Promise<Result> =>
      deliver({ lmtp: true, ...relayOptions }, { lmtp: true, ...options })
    const dot =
      (byAddress: Record<string, string>): Answer =>
      ({ address }) =>
        byAddress[address]

    it('every recipient has its own reply', async () => {
      const { outcomes, taken, asked } = await lmtp({}, { to: [A, B, C], script: () => undefined })
      assert.deepEqual(summary(outcomes), ['delivered abc'])
      assert.deepEqual(taken, [[A, B, C]])
      assert.equal(asked.filter(([command]) => command === '.').length, 3)
    })

    it('a failure in front keeps its recipient', async () => {
      const { outcomes, taken } = await lmtp({ endOfData: dot({ [A]: '550 no' }) }, { to: [A, B, C] })
      assert.deepEqual(summary(outcomes), ['bounced a', 'delivered bc'])
      assert.deepEqual(taken, [[B, C]])
    })

    it('a failure behind an accepted one never loses a message', async () => {
      const { outcomes, warnings } = await lmtp({ endOfData: dot({ [B]: '550 no' }) }, { to: [A, B, C] })
      assert.deepEqual(summary(outcomes), ['bounced b', 'deferred a', 'delivered c'])
      assert.equal(warnings.length, 1)
    })

    it('all failing', async () => {
      const { outcomes } = await lmtp({ endOfData: '450 later' }, { to: [A, B] })
      assert.deepEqual(summary(outcomes), ['deferred ab'])
    })

    it('a reply that is rewritten counts for its recipient', async () => {
      let nth = 0
      const { outcomes } = await lmtp(
        {},
        { to: [A, B], script: (command) => (command === '.' && nth++ === 0 ? '550 no' : undefined) },
      )
      assert.deepEqual(summary(outcomes), ['bounced a', 'delivered b'])
    })

    it('a recipient that only the script accepted is answered here', async () => {
      const { outcomes, taken } = await lmtp(rcpt({ [A]: '550 no' }), {
        to: [A, B],
        script: (command) => (command.includes(A) ? '250 fine' : undefined),
      })
      assert.deepEqual(summary(outcomes), ['delivered ab'])
      assert.deepEqual(taken, [[B]])
    })

    it('a recipient that only the relay server accepted is left out', async () => {
      const { outcomes, taken, commands } = await lmtp(
        {},
        { to: [A, B], script: (command) => (command.includes(A) ? '450 later' : undefined) },
      )
      assert.deepEqual(summary(outcomes), ['deferred a', 'delivered b'])
      assert.deepEqual(taken, [[B]])
      assert.ok(commands.includes('RSET'))
    })

    it('nothing is sent when only the script accepts', async () => {
      const { outcomes, taken } = await lmtp(
        { rcpt: '550 no' },
        { to: [A, B], script: (command) => (command.startsWith('RCPT') ? '250 ok' : undefined) },
      )
      assert.deepEqual(summary(outcomes), ['delivered ab'])
      assert.deepEqual(taken, [])
    })
  })
})
