import assert from 'node:assert/strict'
import { startScriptedRelay, type ScriptedRelayOptions } from '../support/scripted-relay.js'
import { drive, type Drive, type DriveOptions } from './hmail-driver.js'

interface Result extends Drive {
  commands: readonly string[]
  taken: number
  tls: boolean
  authenticatedAs: string | undefined
}

async function deliver(relayOptions: ScriptedRelayOptions, options: Omit<DriveOptions, 'port'> = {}): Promise<Result> {
  const relay = await startScriptedRelay(relayOptions)
  try {
    const result = await drive({ port: relay.port, ...options })
    const connection = relay.connections[0]!
    await relay.until(() => !connection.open)
    const { commands, tls, authenticatedAs } = connection
    return { ...result, commands, tls, authenticatedAs, taken: relay.messages.length }
  } finally {
    await relay.close()
  }
}

const AUTH = { user: 'relayuser', pass: 's3cret-pass' }
const undefinedScript = (): undefined => undefined

describe('TLS', () => {
  it('is started where it is offered; EHLO is said again', async () => {
    const { commands, tls, outcomes, asked } = await deliver({ starttls: true }, { script: undefinedScript })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(tls, true)
    assert.deepEqual(commands.slice(0, 4), [
      'EHLO client.test',
      'STARTTLS',
      'EHLO client.test',
      'MAIL FROM:<alice@example.com>',
    ])
    assert.deepEqual(
      asked.map(([command]) => command),
      ['', ...commands],
    )
  })

  it('is not started when tls = none, whatever the relay server offers', async () => {
    const { commands, tls, outcomes } = await deliver({ starttls: true }, { tls: 'none' })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(tls, false)
    assert.ok(!commands.includes('STARTTLS'))
  })

  it('is not started when tls = none and the script offers it', async () => {
    const { commands, outcomes } = await deliver(
      {},
      { tls: 'none', script: (command) => (command.startsWith('EHLO') ? '250-x\nstarttls' : undefined) },
    )
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.ok(!commands.includes('STARTTLS'))
  })

  it('required but not offered: deferred', async () => {
    const { outcomes, commands } = await deliver({}, { tls: 'required', forceTls: true })
    assert.deepEqual(outcomes, [
      { kind: 'deferred', to: ['bob@example.com'], why: 'No TLS available but required by configuration.' },
    ])
    assert.ok(!commands.some((command) => command.startsWith('MAIL')))
  })

  it('forced without verification: goes on with a self-signed certificate', async () => {
    const { outcomes, tls, secured, socket } = await deliver(
      { starttls: true },
      { tls: 'required', forceTls: true, verifyCertificate: false },
    )
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(tls, true)
    assert.equal(secured[0]?.verified, true)
    assert.equal(socket.writable, false)
  })

  it('available without verification: the truth about the certificate is told', async () => {
    const { outcomes, secured } = await deliver({ starttls: true }, { verifyCertificate: false })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(secured[0]?.verified, false)
  })

  for (const forceTls of [false, true])
    it(`verified: a self-signed certificate is not accepted${forceTls ? ', forced' : ''}`, async () => {
      const { outcomes, closed, taken } = await deliver({ starttls: true }, { verifyCertificate: true, forceTls })
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['next relay server'],
      )
      assert.match(
        closed.why,
        /TLS failed: its certificate is not accepted: self-signed certificate \(verify_certificate = false accepts any\)/,
      )
      assert.equal(taken, 0)
    })

  it('refused with 454: deferred', async () => {
    const { outcomes } = await deliver({ starttls: '454 4.7.0 not now' })
    assert.equal(outcomes[0]?.kind, 'deferred')
  })

  it('refused, and accepted by the script: the refusal stands', async () => {
    const { outcomes, rewritten } = await deliver(
      { starttls: '454 4.7.0 not now' },
      { script: (command) => (command === 'STARTTLS' ? '220 go' : undefined) },
    )
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.equal(rewritten[0]?.outcome, 'refused')
  })

  it('agreed to, and refused by the script: deferred, and no QUIT in the clear', async () => {
    const { outcomes, commands, closed } = await deliver(
      { starttls: true },
      { script: (command) => (command === 'STARTTLS' ? '454 no' : undefined) },
    )
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.deepEqual(commands, ['EHLO client.test', 'STARTTLS'])
    assert.equal(closed.failed, false)
  })

  describe('implicit', () => {
    it('delivers, and Haraka knows that TLS is on', async () => {
      const { outcomes, commands, tls, secured } = await deliver(
        { implicitTls: true, starttls: true },
        { tls: 'implicit', verifyCertificate: false, script: undefinedScript },
      )
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.equal(tls, true)
      assert.equal(secured.length, 1)
      assert.deepEqual(commands.slice(0, 2), ['EHLO client.test', 'MAIL FROM:<alice@example.com>'])
    })

    it('fulfils forced TLS, with AUTH', async () => {
      const { outcomes, authenticatedAs, asked } = await deliver(
        { implicitTls: true, auth: AUTH },
        { tls: 'implicit', forceTls: true, verifyCertificate: false, auth: AUTH, script: undefinedScript },
      )
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.equal(authenticatedAs, 'relayuser')
      assert.equal(asked.filter(([command]) => command.startsWith('EHLO')).length, 1)
    })
  })
})

describe('AUTH', () => {
  for (const type of ['PLAIN', 'LOGIN', 'CRAM-MD5'])
    it(`${type} succeeds after STARTTLS and shows no secret`, async () => {
      const { outcomes, authenticatedAs, asked, replied, rewritten } = await deliver(
        { starttls: true, auth: AUTH, authRequired: true },
        { auth: { ...AUTH, type }, script: undefinedScript },
      )
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.equal(authenticatedAs, 'relayuser')
      const auth = asked.filter(([command]) => command.startsWith('AUTH'))
      assert.equal(auth.length, { PLAIN: 1, LOGIN: 3, 'CRAM-MD5': 2 }[type])
      assert.ok(auth.every(([command]) => command === `AUTH ${type}`))
      assertNoSecret(asked, replied, rewritten)
    })

  it('is not sent without TLS: deferred, with the reason', async () => {
    const { outcomes, commands } = await deliver({ auth: AUTH }, { auth: AUTH })
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.match(outcomes[0].why, /454 4\.7\.0 AUTH is not sent without TLS/)
    assert.deepEqual(commands, ['EHLO client.test', 'QUIT'])
  })

  it('is sent without TLS where auth_plaintext = true', async () => {
    const { outcomes, authenticatedAs } = await deliver({ auth: AUTH }, { auth: AUTH, authPlaintext: true })
    assert.equal(outcomes[0]?.kind, 'delivered')
    assert.equal(authenticatedAs, 'relayuser')
  })

  it('not offered although credentials are configured: deferred, nothing sent without', async () => {
    const { outcomes, commands, asked } = await deliver({ starttls: true }, { auth: AUTH, script: undefinedScript })
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.match(outcomes[0].why, /454 4\.7\.0 credentials are configured/)
    assert.ok(!commands.some((command) => command.startsWith('MAIL')))
    assert.ok(!asked.some(([command]) => command.startsWith('MAIL')))
  })

  it('failed: a reply that repeats the credentials is shown without them', async () => {
    const echo = (command: string): string => `535 5.7.8 ${command} (${AUTH.user} ${AUTH.pass})`
    const { outcomes, asked, replied, rewritten, logged } = await deliver(
      { auth: AUTH, authReply: ({ command }) => echo(command) },
      {
        auth: AUTH,
        authPlaintext: true,
        script: (_, full) => (full.startsWith('535') ? '454 4.7.0 wait' : undefined),
      },
    )
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.deepEqual(asked.at(-2), ['AUTH CRAM-MD5', '535 5.7.8 *** (*** ***)'])
    assertNoSecret(asked, replied, rewritten)
    // hmail's own protocol log has what it sends; what it got must be clean.
    assertNoSecret(logged.filter((line) => line.startsWith('S:')))
  })

  it('failed by rewriting a challenge: closed without QUIT', async () => {
    const { outcomes, commands } = await deliver(
      { auth: AUTH },
      {
        auth: { ...AUTH, type: 'LOGIN' },
        authPlaintext: true,
        script: (command) => (command.startsWith('AUTH') ? '454 no' : undefined),
      },
    )
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.deepEqual(commands, ['EHLO client.test', 'AUTH LOGIN'])
  })

  it('with a prompt Haraka does not know: deferred, QUIT is not taken for a password', async () => {
    const { outcomes, commands } = await deliver(
      { auth: AUTH },
      {
        auth: { ...AUTH, type: 'LOGIN' },
        authPlaintext: true,
        script: (command) => (command.startsWith('AUTH') ? '334 bmFtZQ==' : undefined),
      },
    )
    assert.equal(outcomes[0]?.kind, 'deferred')
    assert.deepEqual(commands, ['EHLO client.test', 'AUTH LOGIN'])
  })

  it('failed and rewritten to success: Haraka goes on without', async () => {
    const { outcomes } = await deliver(
      { auth: { ...AUTH, pass: 'other' } },
      { auth: AUTH, authPlaintext: true, script: (_, full) => (full.startsWith('535') ? '235 fine' : undefined) },
    )
    assert.equal(outcomes[0]?.kind, 'delivered')
  })
})

function assertNoSecret(...what: unknown[]): void {
  const text = JSON.stringify(what)
  for (const secret of [AUTH.user, AUTH.pass, `\0${AUTH.user}\0${AUTH.pass}`]) {
    assert.ok(!text.includes(secret))
    assert.ok(!text.includes(Buffer.from(secret).toString('base64').replace(/=+$/, '')))
  }
}
