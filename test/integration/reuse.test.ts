import assert from 'node:assert/strict'

import { freePort } from '../../demo/ports.js'
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, type SceneOptions, subjects } from '../support/scene.js'
import type { RelayConnectionRecord } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'
import { count, gate } from '../support/transactions.js'

const AUTH = { user: 'joe', pass: 'secret word' }

const messages = (number: number, to: (i: number) => string = () => 'ann@example.net') =>
  Array.from({ length: number }, (_, i) => ({ from: 'joe@example.com', to: [to(i)], data: plainMessage(`n${i}`) }))

/** The relay server greets when all messages are queued, so that there is work for every connection. */
async function deliver(batch: ReturnType<typeof messages>, options: SceneOptions): Promise<Scene> {
  const queued = gate()
  const scene = await openScene({ ...options, relay: { ...options.relay, greeting: { after: queued.opened } } })
  try {
    await scene.submit(...batch)
    queued.open()
    await scene.relay.waitFor(batch.length)
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
    assert.deepEqual(subjects(scene.relay).sort(), batch.map((_, i) => `n${i}`).sort())
    return scene
  } catch (error) {
    await scene.remove()
    throw error
  }
}

/** The TLS and AUTH letters of Haraka's own line for each delivered message. */
const deliveredAs = ({ haraka }: Scene): string[] =>
  [...haraka.output.matchAll(/delivered file=.* tls=(\w) auth=(\w) /g)].map(([, tls, auth]) => `${tls}${auth}`)

/** What came before the first message, verbs only. */
const opening = ({ commands }: RelayConnectionRecord): string[] =>
  commands
    .slice(
      0,
      commands.findIndex((command) => command.startsWith('MAIL ')),
    )
    .map((command) => command.split(' ')[0]!)

describe('a connection that is used for many messages', function () {
  this.timeout(60_000)

  const cases = [
    { name: 'STARTTLS and AUTH PLAIN', number: 500, mechanism: 'PLAIN', tls: 'starttls' },
    { name: 'STARTTLS and AUTH CRAM-MD5', number: 100, mechanism: 'CRAM-MD5', tls: 'starttls' },
    { name: 'tls = implicit and AUTH LOGIN', number: 100, mechanism: 'LOGIN', tls: 'implicit' },
  ] as const
  for (const { name, number, mechanism, tls } of cases) {
    it(`goes through ${name} once for ${number} messages over two`, async () => {
      const scene = await deliver(messages(number), {
        ini: (host) =>
          `[sender.main]\nhost=${host}\nmax_connections=2\nmax_messages_per_connection=0\nauth_file=relayout.auth\n` +
          `idle_timeout=30s\nverify_certificate=false\ntls=${tls === 'implicit' ? 'implicit' : 'required'}\n`,
        config: { 'relayout.auth': `${AUTH.user}\n${AUTH.pass}\n` },
        relay: {
          starttls: tls === 'starttls',
          implicitTls: tls === 'implicit',
          auth: { ...AUTH, mechanisms: [mechanism] },
          authRequired: true,
        },
      })
      try {
        const { connections } = scene.relay
        assert.equal(connections.length, 2)
        const handshake = tls === 'implicit' ? ['EHLO'] : ['EHLO', 'STARTTLS', 'EHLO']
        for (const connection of connections) {
          assert.deepEqual(opening(connection).slice(0, handshake.length + 1), [...handshake, 'AUTH'])
          assert.equal(count(connection, 'EHLO'), handshake.filter((verb) => verb === 'EHLO').length)
          assert.equal(count(connection, 'STARTTLS'), tls === 'implicit' ? 0 : 1)
          assert.equal(count(connection, 'AUTH'), 1)
          assert.deepEqual([connection.tls, connection.authenticatedAs], [true, AUTH.user])
          const rest = connection.commands.slice(
            connection.commands.findIndex((command) => command.startsWith('MAIL ')),
          )
          assert.match(rest.map((command) => command.split(' ')[0]).join(' '), /^(MAIL RCPT DATA \. ?)+$/)
        }
        assert.equal(
          connections.reduce((sum, connection) => sum + count(connection, 'MAIL'), 0),
          number,
        )
        await until('Haraka has logged them all', () => deliveredAs(scene).length >= number)
        assert.deepEqual(deliveredAs(scene), Array(number).fill('YY'))
      } finally {
        await scene.remove()
      }
    })
  }

  describe('to the exchangers that another plugin names, for a sender without host', () => {
    const LOGINS = { a: ['joe', 'one'], b: ['jim', 'one'], c: ['joe', 'two'] } as const
    /** One mail server for all domains, with other credentials for each; none for d. */
    const exchangers = (port: number): string => `
      exports.hook_get_mx = (next, hmail, domain) => {
        const [auth_user, auth_pass] = ${JSON.stringify(LOGINS)}[domain[0]] ?? []
        const auth = auth_user ? { auth_type: 'PLAIN', auth_user, auth_pass } : {}
        next(OK, { priority: 0, exchange: '127.0.0.1', port: ${port}, ...auth })
      }`
    const asAuth = (login: readonly string[]): string => Buffer.from(['', ...login].join('\0')).toString('base64')

    async function deliverTo(domains: string, number: number, maxConnections: number): Promise<Scene> {
      const port = await freePort()
      const to = (i: number): string => `ann@${domains[i % domains.length]!}.example.net`
      return deliver(messages(number, to), {
        ini: () =>
          `[sender.main]\nmax_connections=${maxConnections}\nmax_messages_per_connection=0\nidle_timeout=30s\n`,
        relay: { port, auth: AUTH, authReply: '235 2.7.0 welcome' },
        plugins: { exchangers: exchangers(port) },
      })
    }

    it('carries all messages to one exchanger', async () => {
      const scene = await deliverTo('a', 40, 2)
      try {
        assert.equal(scene.relay.connections.length, 2)
        for (const connection of scene.relay.connections) {
          assert.deepEqual(opening(connection), ['EHLO', 'AUTH'])
          assert.deepEqual([count(connection, 'EHLO'), count(connection, 'AUTH')], [1, 1])
        }
        await until('Haraka has logged them all', () => deliveredAs(scene).length >= 40)
        assert.deepEqual(deliveredAs(scene), Array(40).fill('NY'))
      } finally {
        await scene.remove()
      }
    })

    for (const maxConnections of [1, 4])
      it(`never carries messages under other credentials (max_connections = ${maxConnections})`, async () => {
        const scene = await deliverTo('abcd', 48, maxConnections)
        try {
          for (const connection of scene.relay.connections) {
            const auths = connection.commands.filter((command) => command.startsWith('AUTH '))
            const domains = scene.relay.messages
              .filter((message) => message.connection === connection)
              .map(({ rcptTo }) => rcptTo[0]!.split('@')[1]![0]!)
            const [domain = ''] = domains
            const login = new Map<string, readonly string[]>(Object.entries(LOGINS)).get(domain)
            assert.deepEqual(domains, Array(domains.length).fill(domain))
            assert.deepEqual(auths, login ? [`AUTH PLAIN ${asAuth(login)}`] : [])
          }
          assert.ok(scene.relay.maxOpen <= maxConnections)
        } finally {
          await scene.remove()
        }
      })
  })
})
