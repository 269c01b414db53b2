import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import type { ScriptedRelayOptions } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const AUTH = { user: 'joe', pass: 'secret word' }

/** As words and in every form in which AUTH sends them. */
const SECRETS = /secret word|c2VjcmV0IHdvcmQ|AGpvZQBzZWNyZXQgd29yZA/

const message = { from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage('one') }

interface Case {
  readonly name: string
  readonly relay: ScriptedRelayOptions
  readonly ini: string
  readonly script?: string
  /** Otherwise the message waits after one attempt. */
  readonly delivered: boolean
  /** No TLS comes about, so that it waits without one. */
  readonly rests?: boolean
  /** Whether TLS was on when the message came. */
  readonly tls?: boolean
  readonly authenticated?: boolean
  readonly logged?: RegExp
}

const CASES: readonly Case[] = [
  {
    name: 'none: no TLS although it is offered',
    relay: { starttls: true },
    ini: 'tls=none',
    delivered: true,
    tls: false,
  },
  { name: 'available: TLS where it is offered', relay: { starttls: true }, ini: '', delivered: true, tls: true },
  { name: 'available: no TLS where it is not', relay: {}, ini: 'tls=available', delivered: true, tls: false },
  { name: 'required: waits where it is not offered', relay: {}, ini: 'tls=required', delivered: false },
  {
    name: 'required: waits when the certificate is not valid',
    relay: { starttls: true },
    ini: 'tls=required',
    delivered: false,
    logged: /self-signed certificate/,
  },
  {
    name: 'required with verify_certificate = false: any certificate will do',
    relay: { starttls: true },
    ini: 'tls=required\nverify_certificate=false',
    delivered: true,
    tls: true,
  },
  {
    name: 'required: VerifyCertificate of the script has the last word',
    relay: { starttls: true },
    ini: 'tls=required',
    script: 'function Start() VerifyCertificate = false end',
    delivered: true,
    tls: true,
  },
  {
    name: 'required: waits when EHLO is refused',
    relay: { starttls: true, ehlo: '550 5.5.1 no EHLO here' },
    ini: 'tls=required',
    delivered: false,
  },
  {
    name: 'implicit: TLS from the first byte',
    relay: { implicitTls: true },
    ini: 'tls=implicit\nverify_certificate=false',
    delivered: true,
    tls: true,
  },
  {
    name: 'implicit: waits when the certificate is not valid',
    relay: { implicitTls: true },
    ini: 'tls=implicit',
    delivered: false,
    rests: true,
    logged: /TLS with 127\.0\.0\.1 failed: its certificate is not accepted: self-signed certificate/,
  },
  {
    name: 'implicit: waits when the server speaks plainly',
    relay: {},
    ini: 'tls=implicit',
    delivered: false,
    rests: true,
  },
  ...(['PLAIN', 'LOGIN', 'CRAM-MD5'] as const).map((mechanism) => ({
    name: `AUTH ${mechanism} under TLS`,
    relay: { starttls: true, auth: { ...AUTH, mechanisms: [mechanism] }, authRequired: true },
    ini: 'tls=available\nauth_file=relayout.auth',
    delivered: true,
    tls: true,
    authenticated: true,
  })),
  {
    name: 'AUTH without TLS: not sent, the message waits, the log says why',
    relay: { auth: AUTH },
    ini: 'auth_file=relayout.auth',
    delivered: false,
    logged: /AUTH is not sent without TLS/,
  },
  {
    name: 'AUTH without TLS under auth_plaintext = true',
    relay: { auth: AUTH },
    ini: 'auth_file=relayout.auth\nauth_plaintext=true',
    delivered: true,
    tls: false,
    authenticated: true,
  },
  {
    name: 'credentials, but no AUTH is offered: not sent without, the log says why',
    relay: { starttls: true },
    ini: 'auth_file=relayout.auth',
    delivered: false,
    logged: /credentials are configured, but the relay server offers no AUTH/,
  },
  {
    name: 'a wrong password: the message waits, the log says why',
    relay: { starttls: true, auth: { ...AUTH, pass: 'another' } },
    ini: 'auth_file=relayout.auth',
    delivered: false,
    logged: /WARN.*rewrite .*the relay server refused the login: the message waits .*; look at auth_user, auth_pass/,
  },
  {
    name: 'a wrong password that the server repeats in its reply',
    relay: { starttls: true, auth: { ...AUTH, pass: 'another' }, authReply: '535 5.7.0 wrong: secret word' },
    ini: 'auth_file=relayout.auth',
    delivered: false,
  },
  {
    name: 'STARTTLS refused for good: the message waits',
    relay: { starttls: '502 5.5.1 not today' },
    ini: 'tls=required',
    delivered: false,
    logged: /the relay server refused STARTTLS: the message waits/,
  },
]

describe('TLS and AUTH', function () {
  this.timeout(60_000)

  for (const { name, relay, ini, script, delivered, rests, tls, authenticated, logged } of CASES) {
    it(name, async () => {
      const scene = await openScene({
        relay,
        ini: (host) => `[sender.main]\nhost=${host}\n${ini}\n`,
        script: script ?? 'function ReturnCodeHandler(command, reply) print(command .. " | " .. reply) end',
        config: { 'relayout.auth': `${AUTH.user}\n${AUTH.pass}\n` },
      })
      try {
        await scene.submit(message)
        if (delivered) await assertDelivered(scene, tls ?? false, authenticated ?? false)
        else if (rests) await scene.haraka.waitForLog(/rest event=begin/)
        else await until('one attempt is counted', () => scene.haraka.queued()[0]?.attempts === 1)
        if (rests)
          assert.deepEqual(
            scene.haraka.queued().map(({ attempts }) => attempts),
            [0],
          )
        assert.equal(scene.relay.messages.length, delivered ? 1 : 0)
        if (!delivered)
          assert.ok(
            scene.relay.connections.every(({ commands }) => !commands.some((c) => /^(MAIL|AUTH [^C].* )/.test(c))),
          )
        if (logged) await scene.haraka.waitForLog(logged)
        assert.doesNotMatch(scene.haraka.output, SECRETS)
      } finally {
        await scene.remove()
      }
    })
  }

  for (const tls of ['required', 'implicit'] as const) {
    it(`${tls}: the relay server's name as configured goes with TLS (SNI), an address does not`, async () => {
      const names: (string | undefined)[] = []
      for (const host of ['localhost', '127.0.0.1']) {
        const scene = await openScene({
          relay: tls === 'implicit' ? { implicitTls: true } : { starttls: true },
          ini: (address) =>
            `[sender.main]\nhost=${address.replace('127.0.0.1', host)}\ntls=${tls}\nverify_certificate=false\n`,
        })
        try {
          await scene.submit(message)
          await scene.relay.waitFor(1)
          names.push(scene.relay.messages[0]?.connection.serverName)
        } finally {
          await scene.remove()
        }
      }
      assert.deepEqual(names, ['localhost', undefined])
    })
  }

  async function assertDelivered(scene: Scene, tls: boolean, authenticated: boolean): Promise<void> {
    await scene.relay.waitFor(1)
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
    const [received] = scene.relay.messages
    assert.equal(received?.connection.tls, tls)
    assert.equal(received.connection.authenticatedAs, authenticated ? AUTH.user : undefined)
    const [encrypted, login] = [tls, authenticated].map((on) => (on ? 'Y' : 'N'))
    await scene.haraka.waitForLog(new RegExp(`delivered file=.* tls=${encrypted} auth=${login}`))
  }
})
