/**
 * What hmail is told of a connection that carried a message before, and that nothing of it goes over the wire again.
 */
import assert from 'node:assert/strict'

import { type ScriptedRelayOptions, startScriptedRelay, type ScriptedRelay } from '../support/scripted-relay.js'
import { type Delivered, type Letter, type LinkDriver, type LinkDriverOptions, openLinkDriver } from './link-driver.js'

const AUTH = { user: 'joe', pass: 'secret word' }

interface Run {
  readonly relay: ScriptedRelay
  readonly driver: LinkDriver
  readonly delivered: readonly Delivered[]
}

/** The letters one after the other. */
async function run(
  relayOptions: ScriptedRelayOptions,
  options: Omit<LinkDriverOptions, 'port'>,
  letters: readonly Letter[] = [{}, {}, {}],
): Promise<Run> {
  const relay = await startScriptedRelay(relayOptions)
  const driver = openLinkDriver({ port: relay.port, ...options })
  const delivered: Delivered[] = []
  try {
    for (const letter of letters) delivered.push(await driver.deliver(letter))
    await driver.close()
    await relay.until(() => relay.openNow === 0)
    return { relay, driver, delivered }
  } finally {
    await relay.close()
  }
}

const kinds = ({ delivered }: Run): string[] => delivered.map(({ outcomes }) => outcomes.map(({ kind }) => kind).join())

const MESSAGE = ['MAIL FROM:<alice@example.com>', 'RCPT TO:<bob@example.com>', 'DATA', '.']

interface Case {
  readonly name: string
  readonly relay: ScriptedRelayOptions
  readonly options: Omit<LinkDriverOptions, 'port'>
  /** What goes over the wire before the first MAIL. */
  readonly before: readonly (string | RegExp)[]
  readonly tls?: boolean
  readonly user?: string
}

const EHLO = 'EHLO client.test'

const CASES: readonly Case[] = [
  { name: 'plain', relay: {}, options: {}, before: [EHLO] },
  { name: 'not pipelined', relay: {}, options: { pipelining: false }, before: [EHLO] },
  { name: 'a relay server that knows no PIPELINING', relay: { ehlo: ['SIZE 1000'] }, options: {}, before: [EHLO] },
  {
    name: 'HELO after a refused EHLO',
    relay: { ehlo: '502 5.5.1 what?' },
    options: {},
    before: [EHLO, 'HELO client.test'],
  },
  {
    name: 'STARTTLS',
    relay: { starttls: true },
    options: {},
    before: [EHLO, 'STARTTLS', EHLO],
    tls: true,
  },
  {
    name: 'STARTTLS that is required',
    relay: { starttls: true },
    options: { tls: 'required', forceTls: true },
    before: [EHLO, 'STARTTLS', EHLO],
    tls: true,
  },
  { name: 'STARTTLS that is not wanted', relay: { starttls: true }, options: { tls: 'none' }, before: [EHLO] },
  {
    name: 'implicit TLS',
    relay: { implicitTls: true },
    options: { tls: 'implicit' },
    before: [EHLO],
    tls: true,
  },
  {
    name: 'implicit TLS, HELO after a refused EHLO',
    relay: { implicitTls: true, ehlo: '502 5.5.1 what?' },
    options: { tls: 'implicit' },
    before: [EHLO, 'HELO client.test'],
    tls: true,
  },
  ...(['PLAIN', 'LOGIN', 'CRAM-MD5'] as const).flatMap((type): Case[] => {
    const dialogue = {
      PLAIN: [/^AUTH PLAIN /],
      LOGIN: ['AUTH LOGIN', /^\w+=*$/, /^\w+=*$/],
      'CRAM-MD5': ['AUTH CRAM-MD5', /^\w+=*$/],
    }[type]
    return [
      {
        name: `AUTH ${type} without TLS`,
        relay: { auth: AUTH, authRequired: true },
        options: { auth: { ...AUTH, type }, authPlaintext: true },
        before: [EHLO, ...dialogue],
        user: 'joe',
      },
      {
        name: `AUTH ${type} under STARTTLS`,
        relay: { auth: AUTH, authRequired: true, starttls: true },
        options: { auth: { ...AUTH, type }, tls: 'required', forceTls: true },
        before: [EHLO, 'STARTTLS', EHLO, ...dialogue],
        tls: true,
        user: 'joe',
      },
      {
        name: `AUTH ${type} under implicit TLS`,
        relay: { auth: AUTH, authRequired: true, implicitTls: true },
        options: { auth: { ...AUTH, type }, tls: 'implicit' },
        before: [EHLO, ...dialogue],
        tls: true,
        user: 'joe',
      },
    ]
  }),
  {
    name: 'AUTH, the mechanism as hmail picks it',
    relay: { auth: AUTH, authRequired: true, starttls: true },
    options: { auth: AUTH },
    before: [EHLO, 'STARTTLS', EHLO, 'AUTH CRAM-MD5', /^\w+=*$/],
    tls: true,
    user: 'joe',
  },
  { name: 'LMTP', relay: { lmtp: true }, options: { lmtp: true }, before: ['LHLO client.test'] },
  {
    name: 'LMTP under STARTTLS with AUTH PLAIN',
    relay: { lmtp: true, starttls: true, auth: AUTH },
    options: { lmtp: true, auth: { ...AUTH, type: 'PLAIN' } },
    before: ['LHLO client.test', 'STARTTLS', 'LHLO client.test', /^AUTH PLAIN /],
    tls: true,
    user: 'joe',
  },
]

describe('the handshake of a connection', () => {
  for (const { name, relay: relayOptions, options, before: opening, tls = false, user } of CASES)
    for (const script of [undefined, () => undefined])
      describe(`${name}${script ? ', under a script' : ''}`, () => {
        let result: Run
        before(async () => {
          result = await run(relayOptions, { ...options, ...(script ? { script } : {}) })
        })

        it('goes over the wire once', () => {
          const { relay } = result
          assert.deepEqual(kinds(result), ['delivered', 'delivered', 'delivered'])
          assert.equal(relay.connections.length, 1)
          const { commands } = relay.connections[0]!
          const said = commands.slice(0, opening.length)
          opening.forEach((expected, i) =>
            typeof expected === 'string' ? assert.equal(said[i], expected) : assert.match(said[i]!, expected),
          )
          assert.deepEqual(commands.slice(opening.length), [...MESSAGE, ...MESSAGE, ...MESSAGE, 'QUIT'])
          assert.equal(relay.connections[0]!.tls, tls)
          assert.equal(relay.connections[0]!.authenticatedAs, user)
        })

        it('is the same for hmail each time', () => {
          const [first, second, third] = result.delivered
          assert.deepEqual(
            result.delivered.map(({ reused }) => reused),
            [false, true, true],
          )
          // Without EHLO hmail has no way to know of TLS.
          const known = tls && relayOptions.ehlo === undefined
          assert.ok(result.delivered.every(({ secured }) => secured === known))
          assert.deepEqual(lastEhloOn(second), lastEhloOn(first))
          assert.deepEqual(third?.protocol, second?.protocol)
        })

        if (script)
          it('is put to the script once, with the commands as the relay server got them', () => {
            const { commands } = result.relay.connections[0]!
            const hidden = commands.map((command) => {
              const at = commands.findIndex((line) => line.startsWith('AUTH'))
              const i = commands.indexOf(command)
              const label = /^AUTH [\w-]+/.exec(commands[at] ?? '')?.[0]
              return label && i >= at && i < opening.length ? label : command
            })
            assert.deepEqual(
              result.driver.asked.map(([command]) => command),
              ['', ...hidden],
            )
          })
      })

  it('STARTTLS was refused: no connection is used for another message', async () => {
    const result = await run({ starttls: '454 not now' }, {})
    assert.deepEqual(kinds(result), ['deferred', 'deferred', 'deferred'])
    assert.equal(result.relay.connections.length, 3)
  })

  it('AUTH was refused: the connection is not used for another message', async () => {
    const result = await run({ auth: { ...AUTH, pass: 'other' } }, { auth: AUTH, authPlaintext: true }, [{}, {}])
    assert.deepEqual(kinds(result), ['deferred', 'deferred'])
    assert.deepEqual(
      result.relay.connections.map(({ commands }) => commands.some((line) => line.startsWith('MAIL'))),
      [false, false],
    )
  })

  it('without AUTH, since it was not offered: nothing is sent, on no connection', async () => {
    const result = await run({}, { auth: AUTH, authPlaintext: true }, [{}, {}])
    assert.deepEqual(kinds(result), ['deferred', 'deferred'])
    assert.equal(result.relay.messages.length, 0)
  })

  it('AUTH that the script calls a success: no further message on that connection', async () => {
    const script = (command: string, full: string) => (full.startsWith('535') ? '235 fine' : undefined)
    const result = await run(
      { auth: { ...AUTH, pass: 'other' } },
      { auth: { ...AUTH, type: 'PLAIN' }, authPlaintext: true, script },
      [{}, {}],
    )
    assert.deepEqual(kinds(result), ['delivered', 'delivered'])
    assert.equal(result.relay.connections.length, 2)
  })

  it('EHLO under another name is said, and a third delivery under that name is not', async () => {
    const result = await run({}, {}, [{}, { helo: 'other.test' }, { helo: 'other.test' }, {}])
    assert.deepEqual(kinds(result), ['delivered', 'delivered', 'delivered', 'delivered'])
    assert.deepEqual(
      result.relay.connections[0]!.commands.filter((line) => !MESSAGE.includes(line)),
      ['EHLO client.test', 'EHLO other.test', 'EHLO client.test', 'QUIT'],
    )
  })

  it('EHLO under another name, under TLS and AUTH: those go on', async () => {
    const result = await run({ starttls: true, auth: AUTH, authRequired: true }, { auth: { ...AUTH, type: 'PLAIN' } }, [
      {},
      { helo: 'other.test' },
      { helo: 'other.test' },
    ])
    assert.deepEqual(kinds(result), ['delivered', 'delivered', 'delivered'])
    const { commands } = result.relay.connections[0]!
    assert.deepEqual(
      commands.filter((line) => !MESSAGE.includes(line)).map((line) => line.replace(/^(AUTH PLAIN).*/, '$1')),
      ['EHLO client.test', 'STARTTLS', 'EHLO client.test', 'AUTH PLAIN', 'EHLO other.test', 'QUIT'],
    )
  })

  it('TLS that begins with a later message: what was said before it does not count, AUTH least of all', async () => {
    const result = await run(
      { starttls: true, auth: AUTH, authRequired: true },
      { auth: { ...AUTH, type: 'PLAIN' }, authPlaintext: true },
      [{ noTls: true }, {}, {}],
    )
    assert.deepEqual(kinds(result), ['delivered', 'delivered', 'delivered'])
    assert.deepEqual(
      result.relay.connections[0]!.commands.filter((line) => !MESSAGE.includes(line)).map((line) =>
        line.replace(/^(AUTH PLAIN).*/, '$1'),
      ),
      ['EHLO client.test', 'AUTH PLAIN', 'STARTTLS', 'EHLO client.test', 'AUTH PLAIN', 'QUIT'],
    )
  })

  const rewrites: [string, string][] = [
    ['hides PIPELINING', '250-relay.test\n250 SIZE 1000'],
    ['adds PIPELINING', '250-relay.test\n250 PIPELINING'],
    ['changes SIZE', '250-relay.test\n250-PIPELINING\n250 SIZE 7'],
  ]
  for (const [what, ehlo] of rewrites)
    it(`a script that ${what} in the first EHLO is believed for every message`, async () => {
      const keywords = what === 'adds PIPELINING' ? ['SIZE 1000'] : undefined
      const result = await run(
        keywords ? { ehlo: keywords } : {},
        { script: (command) => (command.startsWith('EHLO') ? ehlo : undefined) },
        [{ to: ['a@x.test', 'b@x.test'] }, { to: ['c@x.test', 'd@x.test'] }],
      )
      assert.deepEqual(kinds(result), ['delivered', 'delivered'])
      for (const { protocol } of result.delivered) {
        assert.deepEqual(
          protocol.filter((line) => /^S: 250[ -](relay\.test$|SIZE|PIPELINING)/.test(line)),
          ehlo.split('\n').map((line) => `S: ${line}`),
        )
      }
      assert.equal(result.driver.asked.filter(([command]) => command.startsWith('EHLO')).length, 1)
    })

  it('a greeting or EHLO whose class the script changed: the connection serves one message', async () => {
    for (const [at, real] of [
      ['', { greeting: '450 busy' }],
      ['EHLO', { ehlo: '450 busy' }],
    ] as const) {
      const result = await run(real, {
        script: (command) => (command.startsWith(at) && (at !== '' || command === '') ? '250 welcome' : undefined),
      })
      assert.deepEqual(kinds(result), ['delivered', 'delivered', 'delivered'])
      assert.equal(result.relay.connections.length, 3)
    }
  })
})

/** What hmail said and was told from its last EHLO on. AUTH is one step from the second message on. */
function lastEhloOn(delivered: Delivered | undefined): string[] {
  const { protocol = [] } = delivered ?? {}
  const last = protocol.findLastIndex((line) => /^C: [EL]HLO/.test(line))
  return protocol.slice(last).filter((line) => !/^S: 334|^C: \w+=*$/.test(line))
}
