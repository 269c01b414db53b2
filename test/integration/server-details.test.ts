import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, type SceneOptions } from '../support/scene.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const message = (subject: string) => ({
  from: 'joe@example.com',
  to: ['ann@example.net'],
  data: plainMessage(subject),
})

/** By the subject, as a script of the other server would have it. */
const SCRIPT = `
  function ServerDetails(params, headers, actions)
    for _, line in ipairs(headers) do
      if line == 'Subject: plain' then actions.tryTLS = 0 end
      if line == 'Subject: forced' then actions.forceTLS = 1 end
      if line == 'Subject: relaxed' then actions.forceTLS = 0 end
      if line == 'Subject: broken' then error('no way') end
    end
    print(params.server, params.domain, params.originator, params.connection, params.connid, params.length > 100)
    return actions
  end`

const withTls =
  (tls: string, main = '') =>
  (host: string) =>
    `[main]\n${main}\n[sender.main]\nhost=${host}\nmax_connections=1\nidle_timeout=30s\ntls=${tls}\nverify_certificate=false\n`

/** Each message's subject, and whether it came under TLS. */
const received = ({ relay }: Scene): string[] =>
  relay.messages.map(
    ({ data, connection }) =>
      `${/^Subject: (.*)\r$/m.exec(data.toString('latin1'))?.[1] ?? ''} ${connection.tls ? 'tls' : 'plain'}`,
  )

async function within(options: SceneOptions, test: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene({ script: SCRIPT, ...options })
  try {
    await test(scene)
  } finally {
    await scene.remove()
  }
}

async function oneByOne(scene: Scene, ...names: string[]): Promise<void> {
  for (const [i, subject] of names.entries()) {
    await scene.submit(message(subject))
    await scene.relay.waitFor(i + 1)
  }
}

describe('ServerDetails', function () {
  this.timeout(60_000)

  it('chooses TLS for each message, and connections are used again only for the same choice', async () => {
    await within({ ini: withTls('available'), relay: { starttls: true } }, async (scene) => {
      await oneByOne(scene, 'usual', 'plain', 'plain', 'forced', 'usual')
      assert.deepEqual(received(scene), ['usual tls', 'plain plain', 'plain plain', 'forced tls', 'usual tls'])
      assert.equal(scene.relay.connections.length, 4)
      await scene.haraka.waitForLog(
        /print sender=main script=relayout\.lua text="127\.0\.0\.1\\\\x09example\.net\\\\x09joe@example\.com\\\\x09main\\\\x090\\\\x09true"/,
      )
    })
  })

  it('lets a message wait that must have TLS where there is none', async () => {
    await within({ ini: withTls('available'), relay: { starttls: false } }, async (scene) => {
      await scene.submit(message('forced'), message('usual'))
      await scene.relay.waitFor(1)
      await scene.haraka.waitForLog(/Temp failing .*No TLS available but required/)
      await scene.haraka.waitForLog(
        /\[WARN\] .*relay sender=main server=127\.0\.0\.1 warning="it offers no STARTTLS, which/,
      )
      assert.deepEqual(received(scene), ['usual plain'])
      await until('one of them is left', () => scene.haraka.queue().length === 1)
    })
  })

  it('can do without TLS where the settings want it', async () => {
    await within({ ini: withTls('required'), relay: { starttls: false } }, async (scene) => {
      await scene.submit(message('usual'), message('relaxed'))
      await scene.relay.waitFor(1)
      await until('the other waits', () => scene.haraka.output.includes('Temp failing'))
      assert.deepEqual(received(scene), ['relaxed plain'])
    })
  })

  it('cannot change TLS that comes before anything else, and the log says so', async () => {
    await within({ ini: withTls('implicit'), relay: { implicitTls: true } }, async (scene) => {
      await oneByOne(scene, 'plain', 'plain')
      assert.deepEqual(received(scene), ['plain tls', 'plain tls'])
      assert.equal(scene.haraka.output.match(/with tls = implicit, TLS comes before anything else/g)?.length, 1)
    })
  })

  it('is asked of Haraka’s own exchangers, too', async () => {
    const route = `exports.hook_get_mx = (next) => next(OK, { exchange: '127.0.0.1', port: PORT, priority: 0 })`
    const relay = await startScriptedRelay({ starttls: true })
    const scene = await openScene({
      script: SCRIPT,
      ini: () => '[sender.main]\nidle_timeout=30s\n',
      plugins: { route: route.replace('PORT', String(relay.port)) },
    })
    try {
      for (const [i, subject] of ['usual', 'plain', 'forced'].entries()) {
        await scene.submit(message(subject))
        await relay.waitFor(i + 1)
      }
      assert.deepEqual(
        relay.messages.map(({ connection }) => connection.tls),
        [true, false, true],
      )
    } finally {
      await scene.remove()
      await relay.close()
    }
  })

  it('that fails leaves the settings as they are, with on_script_error = send', async () => {
    await within({ ini: withTls('required'), relay: { starttls: true } }, async (scene) => {
      await oneByOne(scene, 'broken')
      assert.deepEqual(received(scene), ['broken tls'])
      await scene.haraka.waitForLog(
        /function=ServerDetails .*no way\. The connection is made as the settings say\. Correct the script/,
      )
    })
  })

  it('that fails holds the message, with on_script_error = hold', async () => {
    await within({ ini: withTls('available', 'on_script_error=hold\nskip_retry=1h') }, async (scene) => {
      await scene.submit(message('broken'), message('usual'))
      await scene.haraka.waitForLog(/Temp failing \S+ for 3600 seconds: held: relayout\.lua:\d+: no way/)
      await scene.relay.waitFor(1)
      assert.deepEqual(received(scene), ['usual plain'])
      await until('one of them is left', () => scene.haraka.queue().length === 1)
      assert.equal(scene.haraka.queued()[0]?.attempts, 0)
    })
  })
})
