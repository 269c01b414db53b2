import assert from 'node:assert/strict'
import { startScriptedRelay, type ScriptedRelayOptions } from '../support/scripted-relay.js'
import { drive, type Drive, type DriveOptions } from './hmail-driver.js'

interface Result extends Drive {
  commands: readonly string[]
  taken: number
}

async function deliver(relayOptions: ScriptedRelayOptions, options: Omit<DriveOptions, 'port'> = {}): Promise<Result> {
  const relay = await startScriptedRelay(relayOptions)
  try {
    const result = await drive({ port: relay.port, ...options })
    const connection = relay.connections[0]!
    await relay.until(() => !connection.open)
    return { ...result, commands: connection.commands, taken: relay.messages.length }
  } finally {
    await relay.close()
  }
}

async function failsWith(
  relayOptions: ScriptedRelayOptions,
  why: RegExp,
  options: Omit<DriveOptions, 'port'> = {},
): Promise<Result> {
  const result = await deliver(relayOptions, options)
  assert.deepEqual(
    result.outcomes.map(({ kind }) => kind),
    ['next relay server'],
  )
  assert.match(result.closed.why, why)
  assert.equal(result.closed.failed, true)
  return result
}

const delivered = (result: Result): void => {
  assert.deepEqual(
    result.outcomes.map(({ kind }) => kind),
    ['delivered'],
  )
  assert.equal(result.taken, 1)
}
const undefinedScript = (): undefined => undefined

describe('hostile or broken relay server', () => {
  for (const packets of ['bytes', 'joined'] as const)
    for (const script of [undefined, undefinedScript])
      it(`replies cut as ${packets}${script ? ', under a script' : ''}`, async () => {
        const options = { ...(script ? { script } : {}), auth: { user: 'u', pass: 'p' } }
        delivered(await deliver({ packets, starttls: true, auth: { user: 'u', pass: 'p' } }, options))
      })

  it('a bare 250 and bare line feeds are replies', async () => {
    delivered(await deliver({ mail: '250', rcpt: { raw: '250-ok\n250\n' }, ehlo: { raw: '250\r\n' } }))
  })

  it('a reply that comes early is taken for the next command', async () => {
    const result = await deliver(
      { mail: { raw: '250 mail\r\n250 rcpt\r\n' }, rcpt: { silent: true } },
      { script: undefinedScript },
    )
    delivered(result)
    assert.deepEqual(result.asked.slice(2, 4), [
      ['MAIL FROM:<alice@example.com>', '250 mail'],
      ['RCPT TO:<bob@example.com>', '250 rcpt'],
    ])
  })

  it('sends replies without end', async () => {
    await failsWith({ ehlo: { raw: '250 x\r\n'.repeat(20) } }, /goes on sending replies that nobody asked for/, {
      script: undefinedScript,
    })
  })

  for (const script of [undefined, undefinedScript]) {
    const how = script ? ', under a script' : ''
    const options = script ? { script } : {}

    it(`puts a reply behind its 220 to STARTTLS: it is never read${how}`, async () => {
      const { commands, taken } = await failsWith(
        { starttls: { raw: '220 go\r\n250-x\r\n250 AUTH PLAIN\r\n' } },
        /it sent something between STARTTLS and TLS/,
        options,
      )
      assert.deepEqual(commands, ['EHLO client.test', 'STARTTLS'])
      assert.equal(taken, 0)
    })

    it(`puts half a line behind its 220 to STARTTLS${how}`, async () => {
      await failsWith({ starttls: { raw: '220 go\r\n2' } }, /between STARTTLS and TLS/, options)
    })

    it(`answers STARTTLS before it is sent${how}`, async () => {
      await failsWith(
        { ehlo: { raw: '250-x\r\n250 STARTTLS\r\n220 go\r\n' }, starttls: { silent: true } },
        /answered STARTTLS before it was sent/,
        options,
      )
    })

    it(`answers the end of data before it is sent${how}`, async () => {
      const { taken } = await failsWith(
        { data: { reply: '354 go', raw: '250 queued\r\n' } },
        /answered before the end of the message: 250 queued/,
        options,
      )
      assert.equal(taken, 0)
    })

    it(`begins its reply to the end of data early${how}`, async () => {
      await failsWith({ data: { reply: '354 go', raw: '250 que' } }, /answered before the end of the message/, options)
    })

    it(`says 421 in the middle of a message${how}`, async () => {
      const body = Array.from({ length: 100 }, () => Buffer.alloc(65536, 'x\r\n'))
      await failsWith(
        { onBody: () => ({ raw: '421 shutting down\r\n', then: 'close' }) },
        /answered before the end of the message: 421 shutting down/,
        { ...options, body },
      )
    })

    it(`says 421 and closes: the reply counts${how}`, async () => {
      const { outcomes } = await deliver({ rcpt: { reply: '421 4.3.2 bye', then: 'close' } }, options)
      assert.equal(outcomes.length, 1)
      assert.equal(outcomes[0]?.kind, 'deferred')
      assert.match(outcomes[0].why, /421 4\.3\.2 bye/)
    })

    it(`accepts the message and resets the connection: it is delivered${how}`, async () => {
      const { outcomes } = await deliver({ quit: { then: 'reset' } }, options)
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['delivered'],
      )
    })
  }

  const stages = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'endOfData'] as const
  const awaited = {
    greeting: 'its greeting',
    ehlo: 'its reply to EHLO',
    mail: 'its reply to MAIL',
    rcpt: 'its reply to RCPT',
    data: 'its reply to DATA',
    endOfData: 'its reply to the end of the message',
  }
  for (const stage of stages)
    for (const how of stage === 'greeting' ? (['close'] as const) : (['close', 'reset'] as const))
      it(`goes away (${how}) instead of answering: ${stage}`, async () => {
        await failsWith({ [stage]: { then: how } }, new RegExp(`^relay server: .*while ${awaited[stage]} was awaited$`))
      })

  it('goes away instead of answering QUIT: no harm', async () => {
    for (const how of ['close', 'reset'] as const) delivered(await deliver({ quit: { then: how } }))
  })

  it('goes away in the middle of a message', async () => {
    const body = Array.from({ length: 200 }, () => Buffer.alloc(65536, 'x\r\n'))
    await failsWith({ onBody: () => ({ then: 'reset' }) }, /^relay server: /, { body })
  })

  it('goes away in the middle of a reply', async () => {
    await failsWith({ mail: { raw: '250-half\r\n250', then: 'close' } }, /closed the connection/)
  })

  const garbage: [string, string, RegExp][] = [
    [
      'a line that is no reply',
      'HTTP/1.1 400 Bad Request\r\n',
      /it sent "HTTP\/1\.1 400 Bad Request", which is no reply line/,
    ],
    ['an empty line', '\r\n', /it sent "", which is no reply line/],
    ['a code of 1xx', '150 wait\r\n', /no reply line/],
  ]
  for (const [what, raw, why] of garbage)
    it(`sends ${what}: deferred, not bounced`, async () => {
      await failsWith({ mail: { raw } }, why)
    })

  it('sends garbage that repeats a password: the reason does not', async () => {
    const auth = { user: 'someone', pass: 'hunter2hunter2' }
    const { closed } = await failsWith(
      { auth, authReply: { raw: 'what is hunter2hunter2?\r\n' } },
      /it sent "what is \*\*\*\?"/,
      { auth, authPlaintext: true },
    )
    assert.ok(!closed.why.includes('hunter2'))
  })
})
