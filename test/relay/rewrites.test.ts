import assert from 'node:assert/strict'
import { startScriptedRelay, type ScriptedRelayOptions } from '../support/scripted-relay.js'
import { drive, type Drive, type DriveOptions, type Script } from './hmail-driver.js'

interface Told extends Drive {
  commands: readonly string[]
  taken: readonly (readonly string[])[]
  unfinishedBody: number | undefined
}

async function told(relayOptions: ScriptedRelayOptions, options: Omit<DriveOptions, 'port'> = {}): Promise<Told> {
  const relay = await startScriptedRelay(relayOptions)
  try {
    const result = await drive({ port: relay.port, ...options })
    const connection = relay.connections[0]!
    await relay.until(() => !connection.open)
    const { commands, unfinishedBody } = connection
    return { ...result, commands, unfinishedBody, taken: relay.messages.map(({ rcptTo }) => rcptTo) }
  } finally {
    await relay.close()
  }
}

/** A script that says this after commands that begin so. */
function saying(...rules: [string, string][]): Script {
  return (command) => rules.find(([start]) => (start === '' ? command === '' : command.startsWith(start)))?.[1]
}

const BOTH = ['bob@example.com', 'carol@example.com']
const no = (address: string, reply: string): ScriptedRelayOptions => ({ rcpt: { byAddress: { [address]: reply } } })

describe('rewritten replies', () => {
  it('450 to one RCPT as 550: that recipient alone bounces, with the new text', async () => {
    const { outcomes, taken, rewritten } = await told(no('bob@example.com', '450 4.1.1 unknown'), {
      to: BOTH,
      script: (_, full) => (full.startsWith('450') ? '550 5.1.1 no such user' : undefined),
    })
    assert.deepEqual(outcomes, [
      { kind: 'bounced', to: ['bob@example.com'], why: '550 5.1.1 no such user' },
      { kind: 'delivered', to: ['carol@example.com'], why: 'queued' },
    ])
    assert.deepEqual(taken, [['carol@example.com']])
    assert.equal(rewritten.length, 1)
    assert.equal(rewritten[0]?.stage, 'rcpt')
    assert.equal(rewritten[0].command, 'RCPT TO:<bob@example.com>')
    assert.deepEqual(rewritten[0].real.lines, ['450 4.1.1 unknown'])
    assert.deepEqual(rewritten[0].presented.lines, ['550 5.1.1 no such user'])
    assert.equal(rewritten[0].outcome, 'applied')
  })

  it('550 to one RCPT as 450: that recipient alone is deferred', async () => {
    const { outcomes } = await told(no('carol@example.com', '550 5.1.1 unknown'), {
      to: BOTH,
      script: saying(['RCPT TO:<carol', '450 later']),
    })
    assert.deepEqual(outcomes, [
      { kind: 'deferred', to: ['carol@example.com'], why: '450 later' },
      { kind: 'delivered', to: ['bob@example.com'], why: 'queued' },
    ])
  })

  it('554 to the end of data as 451: deferred', async () => {
    const { outcomes, warnings } = await told({ endOfData: '554 spam' }, { script: saying(['.', '451 4.7.1 wait']) })
    assert.deepEqual(outcomes, [{ kind: 'deferred', to: ['bob@example.com'], why: 'Upstream error: 451 4.7.1 wait' }])
    assert.deepEqual(warnings, [])
  })

  it('554 to the end of data as 250: gone, with a warning', async () => {
    const { outcomes, rewritten } = await told({ endOfData: '554 spam' }, { script: saying(['.', '250 ok']) })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.deepEqual(
      rewritten[0]?.warnings.map(({ kind }) => kind),
      ['loses'],
    )
  })

  it('554 to the end of data as 250 stays 554 when losing rewrites are not allowed', async () => {
    const { outcomes, rewritten } = await told(
      { endOfData: '554 spam' },
      { script: saying(['.', '250 ok']), allowLosingRewrites: false },
    )
    assert.equal(outcomes[0]?.kind, 'bounced')
    assert.equal(rewritten[0]?.outcome, 'refused')
  })

  it('250 to the end of data as 550: bounced, with a warning that the relay server has it', async () => {
    const { outcomes, rewritten, taken } = await told({}, { script: saying(['.', '550 no']) })
    assert.equal(outcomes[0]?.kind, 'bounced')
    assert.equal(taken.length, 1)
    assert.equal(rewritten[0]?.warnings[0]?.kind, 'repeats')
  })

  it('a reply that is none changes nothing and is reported', async () => {
    const { outcomes, rewritten } = await told({}, { script: saying(['MAIL', 'go away']) })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(rewritten[0]?.outcome, 'invalid')
    assert.equal(rewritten[0].returned, 'go away')
    assert.equal(rewritten[0].warnings[0]?.kind, 'not-a-reply')
  })

  it('the same reply, or an empty one, is no rewrite', async () => {
    assert.deepEqual((await told({}, { script: (_, full) => full })).rewritten, [])
    assert.deepEqual((await told({}, { script: () => '' })).rewritten, [])
  })

  it('a greeting of 554 as 220 lets the delivery go on', async () => {
    const { outcomes } = await told({ greeting: '554 busy' }, { script: saying(['', '220 come in']) })
    assert.equal(outcomes[0]?.kind, 'delivered')
  })

  it('EHLO refused by the script makes Haraka say HELO', async () => {
    const { outcomes, commands } = await told({}, { script: saying(['EHLO', '502 no']) })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(commands[1], 'HELO client.test')
  })

  it('EHLO refused under forced TLS defers instead of hanging', async () => {
    const { outcomes, commands } = await told({ ehlo: '502 no' }, { forceTls: true })
    assert.deepEqual(commands, ['EHLO client.test'])
    assert.equal(outcomes.length, 1)
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.match(outcomes[0].why, /454 4\.7\.0 TLS is required/)
  })

  it('a reply of several lines is presented whole', async () => {
    const { outcomes } = await told({}, { script: saying(['MAIL', '550-5.7.1 first\n5.7.1 second']) })
    assert.deepEqual(outcomes, [{ kind: 'bounced', to: ['bob@example.com'], why: '550 5.7.1 first second' }])
  })

  it('UTF-8 of a server reaches Haraka as text and the script as bytes', async () => {
    const text = Buffer.from('550 5.1.1 Empfänger unbekannt').toString('latin1')
    const { outcomes, asked } = await told({ mail: text }, { script: () => undefined })
    assert.equal(outcomes[0]?.why, '550 5.1.1 Empfänger unbekannt')
    assert.equal(asked[2]?.[1], text)
  })

  it('waits for ServerConnected before the script sees the greeting', async () => {
    const order: string[] = []
    await told(
      {},
      {
        script: (command) => {
          order.push(command.slice(0, 4))
          return undefined
        },
        greeted: async () => {
          await new Promise((resolve) => setImmediate(resolve))
          order.push('greeted')
        },
      },
    )
    assert.deepEqual(order.slice(0, 3), ['greeted', '', 'EHLO'])
  })

  describe('DATA', () => {
    it('354 as 550: bounced, nothing of the message and no QUIT is sent', async () => {
      const { outcomes, commands, unfinishedBody, closed } = await told({}, { script: saying(['DATA', '550 no']) })
      assert.deepEqual(outcomes, [{ kind: 'bounced', to: ['bob@example.com'], why: '550 no' }])
      assert.equal(commands.at(-1), 'DATA')
      assert.equal(unfinishedBody, 0)
      assert.equal(closed.failed, false)
    })

    it('354 as 250: the message is sent', async () => {
      const { outcomes, taken } = await told({}, { script: saying(['DATA', '250 fine']) })
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.equal(taken.length, 1)
    })

    it('554 as 354: refused, the message is not read as commands', async () => {
      const { outcomes, commands, rewritten } = await told(
        { data: '554 no' },
        { script: saying(['DATA', '354 do it']) },
      )
      assert.equal(outcomes[0]?.kind, 'bounced')
      assert.deepEqual(commands.slice(-2), ['DATA', 'QUIT'])
      assert.equal(rewritten[0]?.outcome, 'refused')
    })

    it('a real 250: deferred, the connection is closed without another byte', async () => {
      const { outcomes, commands, rewritten } = await told({ data: '250 what?' })
      assert.equal(outcomes[0]?.kind, 'deferred')
      assert.equal(commands.at(-1), 'DATA')
      assert.equal(rewritten[0]?.outcome, 'adjusted')
    })
  })

  describe('RCPT', () => {
    it('a real 251 to the only recipient: delivered', async () => {
      const { outcomes, taken } = await told({ rcpt: '251 will forward' })
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.deepEqual(taken, [['bob@example.com']])
    })

    it('250 as 252: delivered', async () => {
      assert.equal((await told({}, { script: saying(['RCPT', '252 maybe']) })).outcomes[0]?.kind, 'delivered')
    })

    it('250 as 354: refused, delivered', async () => {
      assert.equal((await told({}, { script: saying(['RCPT', '354 what']) })).outcomes[0]?.kind, 'delivered')
    })
  })

  it('a real 421 makes the connection unfit for another message', async () => {
    const { outcomes, connection } = await told(no('bob@example.com', '421 4.3.2 shutting down'), {
      script: saying(['RCPT', '550 gone']),
    })
    assert.deepEqual(outcomes, [{ kind: 'bounced', to: ['bob@example.com'], why: '550 gone' }])
    assert.equal(connection.consequence, 'no-reuse')
  })

  it('a change of class within the transaction asks for a reset', async () => {
    const { connection } = await told(no('bob@example.com', '450 later'), {
      to: BOTH,
      script: saying(['RCPT TO:<bob', '550 no']),
    })
    assert.equal(connection.consequence, 'reset')
  })
})
