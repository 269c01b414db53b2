import assert from 'node:assert/strict'

import { verifyReturnPath } from '../../lib/batv/return-path.js'
import { Secret } from '../../lib/core/settings/secret.js'
import { example } from '../examples/example-script.js'
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import type { RelayRequest } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const SECRET = 'a long secret for tags, 42'
const KEYS = [{ key: 3, secret: new Secret(SECRET) }]
const BATV = `[batv]\nsecret=${SECRET}\nkey=3\n`
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

const ini =
  (batv: string, sender = '', main = '') =>
  (host: string): string =>
    `[main]\n${main}\n${BATV}${batv}\n[sender.main]\nhost=${host}\nmax_connections=1\nidle_timeout=30s\n${sender}\n`

/** The item's own address, when the one on the wire has a valid tag. */
function untagged(address: string): string {
  const verdict = verifyReturnPath(address, KEYS, Date.now(), 7)
  return verdict.kind === 'valid' ? verdict.plain : `${verdict.kind}: ${address}`
}

const message = (from: string, n: number | string = 0, to: readonly string[] = ['ann@example.net']) => ({
  from,
  to,
  data: plainMessage(`n${n}`),
})

const mails = ({ relay }: Scene): string[] =>
  relay.connections.flatMap(({ commands }) => commands.filter((command) => command.startsWith('MAIL ')))

/** The return paths in the queue folder. */
const queued = ({ haraka }: Scene): string[] => haraka.queued().map(({ mail_from: { original } }) => original)

/** Each of several scenes in one Haraka would cost more than it shows: they are told apart by what is asked of each. */
async function within(options: Parameters<typeof openScene>[0], test: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(options)
  try {
    await test(scene)
    assert.ok(!scene.haraka.output.includes(SECRET), 'the secret is in the log')
  } finally {
    await scene.remove()
  }
}

describe('tagged return paths on the wire', function () {
  this.timeout(60_000)

  for (const ehlo of [
    ['PIPELINING', 'SMTPUTF8'],
    ['8BITMIME', 'SMTPUTF8'],
  ]) {
    it(`are sent over one connection, ${ehlo.join(', ')}, whatever the address`, async () => {
      const froms = ['joe@example.com', '"joe b"@example.com', 'Joe+x=y@Sub.Example.com', 'jörg@exämple.com']
      await within({ ini: ini('enabled=true'), relay: { ehlo } }, async (scene) => {
        await scene.submit(
          ...froms.map((from, i) => ({ ...message(from, i), ...(i === 3 ? { mailParameters: 'SMTPUTF8' } : {}) })),
          message('', 'null'),
          message('prvs=3123ABCDEF=joe@example.com', 'tagged'),
          message(`${'x'.repeat(49)}@example.com`, 'long'),
        )
        await scene.relay.waitFor(7)
        assert.equal(scene.relay.connections.length, 1)
        const seen = scene.relay.messages.map(({ mailFrom }) => mailFrom)
        assert.deepEqual(seen.slice(0, 4).map(untagged), froms.map(bytes))
        assert.match(mails(scene)[1]!, /^MAIL FROM:<"prvs=3\d{3}[\da-f]{6}=joe b"@example\.com>$/)
        assert.match(mails(scene)[3]!, /> SMTPUTF8$/)
        assert.deepEqual(seen.slice(4), ['', 'prvs=3123ABCDEF=joe@example.com', `${'x'.repeat(49)}@example.com`])
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        assert.doesNotMatch(scene.haraka.output.replaceAll('prvs=3123ABCDEF=', ''), /prvs=/)
      })
    })
  }

  it('are the message’s own choice: UseBATV when its CheckFile has returned', async () => {
    const script = `function CheckFile(_, a, _, _, from) UseBATV = from ~= 'plain@example.com' return a end`
    await within({ ini: ini(''), script }, async (scene) => {
      for (const from of ['joe@example.com', 'plain@example.com', 'joe@example.com']) await scene.submit(message(from))
      await scene.relay.waitFor(3)
      const seen = scene.relay.messages.map(({ mailFrom }) => mailFrom)
      assert.deepEqual(
        seen.map((from) => (from.startsWith('prvs=') ? untagged(from) : `as it is: ${from}`)),
        ['joe@example.com', 'as it is: plain@example.com', 'joe@example.com'],
      )
    })
  })

  it('are there without CheckFile, as Start has left UseBATV', async () => {
    await within({ ini: ini(''), script: 'function Start() UseBATV = 1 end' }, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await scene.relay.waitFor(1)
      assert.equal(untagged(scene.relay.messages[0]!.mailFrom), 'joe@example.com')
    })
  })

  it('need a secret, and the log says so', async () => {
    const noSecret = (host: string): string => `[sender.main]\nhost=${host}\n`
    await within({ ini: noSecret, script: 'UseBATV = true' }, async (scene) => {
      await scene.submit(message('joe@example.com'), message('joe@example.com'))
      await scene.relay.waitFor(2)
      assert.equal(scene.relay.messages[0]!.mailFrom, 'joe@example.com')
      assert.equal(scene.haraka.output.match(/UseBATV is set, but \[batv\] has neither secret nor/g)?.length, 1)
    })
  })

  it('are as they were sent for ReturnCodeHandler, and nowhere else', async () => {
    const script = `function ReturnCodeHandler(command, full)
      if command:find('^MAIL') then print(command) return '250 2.1.0 sender ok' end
    end`
    const mail = ({ address }: RelayRequest): string => `250 2.1.0 <${address.toLowerCase()}>... Sender ok`
    await within({ ini: ini('enabled=true'), script, relay: { mail } }, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await scene.relay.waitFor(1)
      const [, printed] = await scene.haraka.waitForLog(/print .*text="?MAIL FROM:<(prvs=[^>]*)>/)
      assert.equal(untagged(printed!), 'joe@example.com')
      const [line] = await scene.haraka.waitForLog(/rewrite .*/)
      assert.match(line, /command="MAIL FROM:<joe@example\.com>" real="250 2\.1\.0 <joe@example\.com>\.\.\. Sender ok"/)
    })
  })

  it('stay out of bounces, whatever the relay server repeats', async () => {
    const rcpt = ({ connection }: RelayRequest): string =>
      `550 5.1.8 ${connection.commands.findLast((command) => command.startsWith('MAIL'))!.toLowerCase()} does not exist`
    await within(
      { ini: ini('enabled=true'), relay: { rcpt: (request) => (request.nth === 0 ? rcpt(request) : undefined) } },
      async (scene) => {
        await scene.submit(message('joe@example.com'))
        await scene.relay.waitFor(1)
        const [bounce] = scene.relay.messages
        assert.deepEqual([bounce?.mailFrom, bounce?.rcptTo], ['', ['joe@example.com']])
        const text = bounce!.data.toString('latin1')
        assert.match(text, /Diagnostic-Code: smtp;\s*550 5\.1\.8 mail from:<joe@example\.com> does not exist/)
        assert.doesNotMatch(text, /prvs=/i)
      },
    )
  })

  it('are made anew for each attempt, from what the queue has', async () => {
    const rcpt = ({ nth }: RelayRequest): string | undefined => (nth === 0 ? '450 4.2.0 not now' : undefined)
    const options = {
      ini: ini('enabled=true'),
      config: { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' },
      relay: { rcpt },
    }
    await within(options, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await until('it is deferred', () => scene.haraka.output.includes('Temp failing'))
      assert.deepEqual(queued(scene), ['<joe@example.com>'])
      await scene.relay.waitFor(1)
      assert.deepEqual(
        mails(scene).map((line) => untagged(line.slice(11, -1))),
        ['joe@example.com', 'joe@example.com'],
      )
    })
  })

  it('come through a split and a restart as if there had been none', async () => {
    const answers: Record<string, string | undefined> = { 'bob@example.net': '450 4.2.0 not now' }
    const options = {
      ini: ini('enabled=true'),
      config: { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' },
      relay: { rcpt: ({ address }: RelayRequest) => answers[address] },
    }
    await within(options, async (scene) => {
      await scene.submit(message('joe@example.com', 0, ['ann@example.net', 'bob@example.net']))
      await scene.relay.waitFor(1)
      await until('the rest is deferred', () => scene.haraka.output.includes('Temp failing'))
      assert.deepEqual(queued(scene), ['<joe@example.com>'])
      await scene.haraka.stop()
      delete answers['bob@example.net']
      await scene.haraka.start()
      await scene.relay.waitFor(2)
      assert.deepEqual(
        scene.relay.messages.map(({ mailFrom }) => untagged(mailFrom)),
        ['joe@example.com', 'joe@example.com'],
      )
      assert.deepEqual(
        scene.relay.messages.map(({ rcptTo }) => rcptTo),
        [['ann@example.net'], ['bob@example.net']],
      )
    })
  })
})

describe('[batv] fallback', function () {
  this.timeout(60_000)

  const refusesTags = ({ address }: RelayRequest): string | undefined =>
    address.startsWith('prvs=') ? `553 5.1.7 <${address}>: bad syntax of sender address` : undefined

  it('sends without the tag where the relay server refuses it, and keeps to that', async () => {
    await within({ ini: ini('enabled=true\nfallback=true'), relay: { mail: refusesTags } }, async (scene) => {
      await scene.submit(message('joe@example.com', 1), message('joe@example.com', 2), message('joe@example.com', 3))
      await scene.relay.waitFor(3)
      assert.deepEqual(
        scene.relay.messages.map(({ mailFrom }) => mailFrom),
        Array(3).fill('joe@example.com'),
      )
      const tagged = mails(scene).filter((line) => line.includes('prvs='))
      assert.equal(tagged.length, 1)
      const [line] = await scene.haraka.waitForLog(/batv .*/)
      assert.match(
        line,
        /sender=main server=127\.0\.0\.1 refused="553 5\.1\.7 <joe@example\.com>: bad syntax of sender address" sent=untagged hours=24/,
      )
      assert.doesNotMatch(scene.haraka.output, /bounce/i)
    })
  })

  it('sends without the tag also where ModifyReturnPath has returned the computed return path', async () => {
    const options = {
      ini: ini('enabled=true\nfallback=true'),
      script: 'function ModifyReturnPath(computed) return computed end',
      relay: { mail: refusesTags },
    }
    await within(options, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await scene.relay.waitFor(1)
      assert.equal(scene.relay.messages[0]!.mailFrom, 'joe@example.com')
      assert.doesNotMatch(scene.haraka.output, /bounce/i)
    })
  })

  it('is off unless asked for: the message bounces, and the log says what would help', async () => {
    await within({ ini: ini('enabled=true'), relay: { mail: refusesTags } }, async (scene) => {
      await scene.submit(message('joe@example.com', 1))
      await scene.relay.waitFor(1)
      const [bounce] = scene.relay.messages
      assert.deepEqual([bounce?.mailFrom, bounce?.rcptTo], ['', ['joe@example.com']])
      await scene.haraka.waitForLog(
        /\[WARN\] \[[\w.-]+\] \[relayout\] batv sender=main .*seems to refuse tagged return paths/,
      )
      assert.doesNotMatch(bounce!.data.toString('latin1'), /prvs=/)
    })
  })
})

describe('ModifyReturnPath', function () {
  this.timeout(60_000)

  it('has the last word, after the tag', async () => {
    const script = `function ModifyReturnPath(computed, from, original)
      if from == '' then return end
      if from == 'null@example.com' then return '' end
      if from == 'plain@example.com' then return from end
      if from == 'angle@example.com' then return '<x@forward.example>' end
      if from == 'idn@example.com' then return 'x@exämple.com' end
      if from == 'long@example.com' then return ('x'):rep(100) .. '@forward.example' end
      if from == 'nothing@example.com' then return nil end
      return 'via+' .. computed
    end`
    const froms = ['joe', 'null', 'plain', 'angle', 'idn', 'long', 'nothing'].map((name) => `${name}@example.com`)
    await within({ ini: ini('enabled=true'), script, relay: { ehlo: ['PIPELINING'] } }, async (scene) => {
      await scene.submit(...froms.map((from, i) => message(from, i)), message('', 'null sender'))
      await scene.relay.waitFor(8)
      const seen = scene.relay.messages.map(({ mailFrom }) => mailFrom)
      assert.equal(untagged(seen[0]!.replace(/^via\+/, '')), 'joe@example.com')
      assert.deepEqual(seen.slice(1, 6), [
        '',
        'plain@example.com',
        'x@forward.example',
        'x@xn--exmple-cua.com',
        `${'x'.repeat(100)}@forward.example`,
      ])
      assert.equal(untagged(seen[6]!), 'nothing@example.com')
      await scene.haraka.waitForLog(
        /\[INFO\] \[[\w.-]+\] \[relayout\] returnpath sender=main server=127\.0\.0\.1 from=angle@example\.com sent=x@forward\.example/,
      )
      assert.doesNotMatch(scene.haraka.output, /returnpath .*from=(plain|nothing)@/)
      assert.equal(seen[7], '')
    })
  })

  it('forwards by the example of SRS, whatever attempt it is, and returns own mail with a tag', async () => {
    const script = example('srs.lua', [['local secret = ""', 'local secret = "a secret of the forwarder"']])
    const rcpt = ({ nth }: RelayRequest): string | undefined => (nth === 0 ? '450 4.2.0 not now' : undefined)
    const config = { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' }
    await within({ ini: ini('enabled=true'), script, config, relay: { rcpt } }, async (scene) => {
      await scene.submit(message('Joe@Foreign.example'))
      await until('it is deferred', () => scene.haraka.output.includes('Temp failing'))
      assert.deepEqual(queued(scene), ['<Joe@Foreign.example>'])
      await scene.submit(message('joe@example.com'))
      await scene.relay.waitFor(2)
      const [own, forwarded] = scene.relay.messages.map(({ mailFrom }) => mailFrom)
      assert.equal(untagged(own!), 'joe@example.com')
      const path = /^SRS0=[\w+/]{4}=[A-Z2-7]{2}=foreign\.example=Joe@forward\.example\.com$/i
      assert.match(forwarded!, path)
      const srs = mails(scene).filter((line) => line.includes('SRS0='))
      assert.deepEqual(srs, [srs[0], srs[0]])
    })
  })

  it('may need SMTPUTF8, and says so to the relay server', async () => {
    const script = `function ModifyReturnPath() return 'jörg@exämple.com' end`
    await within({ ini: ini(''), script }, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await scene.relay.waitFor(1)
      assert.deepEqual(mails(scene), [bytes('MAIL FROM:<jörg@exämple.com> SMTPUTF8')])
    })
  })

  it('is told of the transaction: each part of the recipients, and all of them', async () => {
    const script = `function Start() MaxRecipientsPerMessage = 1 end
      function ModifyReturnPath(_, from, _, _, recipients, _, _, _, _, _, all)
        return 'list+' .. recipients[1]:gsub('@', '=') .. '+' .. #recipients .. #all .. '@example.com'
      end`
    await within({ ini: ini(''), script }, async (scene) => {
      await scene.submit(message('list@example.com', 0, ['ann@example.net', 'bob@example.net', 'cyd@example.net']))
      await scene.relay.waitFor(3)
      assert.deepEqual(
        scene.relay.messages.map(({ mailFrom, rcptTo }) => `${mailFrom} ${rcptTo.join()}`),
        ['ann', 'bob', 'cyd'].map((name) => `list+${name}=example.net+13@example.com ${name}@example.net`),
      )
    })
  })

  it('is told how the message came in, also after a restart, whatever a plugin has made of it', async () => {
    const script = `function ModifyReturnPath(_, from, original, auth, _, created, headers, size, ip, subject)
      print(from, original, auth, #created, headers[1] ~= nil, headers.subject, size > 100, ip, subject)
    end`
    // As Haraka's own auth plugins and aliases leave it.
    const known = `exports.hook_ehlo = (next, connection) => { connection.notes.auth_user = 'joe'; next() }
      exports.hook_mail = (next, connection, [from]) => { from.user = 'changed'; from.original = '<changed@example.com>'; next() }`
    const rcpt = ({ nth }: RelayRequest): string | undefined => (nth === 0 ? '450 4.2.0 not now' : undefined)
    const config = { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' }
    await within({ ini: ini(''), script, plugins: { known }, config, relay: { rcpt } }, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await until('it is deferred', () => scene.haraka.output.includes('Temp failing'))
      await scene.haraka.stop()
      await scene.haraka.start()
      await scene.relay.waitFor(1)
      const lines = scene.haraka.output.match(/print .*/g)
      const told = 'changed@example.com joe@example.com joe 14 true n0 true 127.0.0.1 n0'
      assert.deepEqual(
        lines?.map((line) => line.replaceAll('\\\\x09', ' ')),
        Array(2).fill(`print sender=main script=relayout.lua text="${told}"`),
      )
    })
  })

  const BROKEN: [string, RegExp][] = [
    [`return 'no address'`, /error="relayout\.lua: ModifyReturnPath returned \\"no address\\", which is no address: /],
    [`return 'postmaster'`, /which is no address: /],
    [`return 'a@b\\r\\nRCPT TO:<x@y>'`, /which is no address: /],
    [`return ('x'):rep(250) .. '@example.com'`, /which is no address: it has more than 254 octets/],
    [
      `return 'j\xc3\xb6rg@example.com'`,
      /which is no address: it needs SMTPUTF8, which the relay server does not offer/,
    ],
    ['return 12', /ModifyReturnPath must return an address as a string, or nothing, not a number/],
    [`error('broken')`, /relayout\.lua:1: broken/],
  ]
  for (const [body, expected] of BROKEN) {
    it(`that fails changes nothing, with on_script_error = send: ${body}`, async () => {
      const script = Buffer.from(`function ModifyReturnPath() ${body} end`, 'latin1')
      await within({ ini: ini('enabled=true'), script, relay: { ehlo: ['PIPELINING'] } }, async (scene) => {
        await scene.submit(message('joe@example.com'))
        await scene.relay.waitFor(1)
        assert.equal(untagged(scene.relay.messages[0]!.mailFrom), 'joe@example.com')
        const [line] = await scene.haraka.waitForLog(/script .*function=ModifyReturnPath.*/)
        assert.match(line, expected)
        assert.match(line, /The message is sent with the return path that it would have without/)
      })
    })
  }

  it('that fails holds the message, with on_script_error = hold, which is no failed attempt', async () => {
    const script = `function ModifyReturnPath() error('broken') end`
    const config = { 'outbound.ini': 'temp_fail_intervals=1h\n' }
    await within({ ini: ini('', '', 'on_script_error=hold\nskip_retry=2s'), script, config }, async (scene) => {
      await scene.submit(message('joe@example.com'))
      await until(
        'it is held twice',
        () => (scene.haraka.output.match(/Temp failing \S+ for 2 seconds/g) ?? []).length > 1,
      )
      assert.deepEqual(mails(scene), [])
      // Attempts so far are the third part of the name.
      assert.equal(scene.haraka.queue()[0]?.split('_')[2], '0')
      assert.match(scene.haraka.output, /Temp failing .*held: relayout\.lua:1: broken/)
      scene.haraka.write('config/relayout.lua', `function ModifyReturnPath() return 'mended@example.com' end`)
      await scene.relay.waitFor(1)
      assert.equal(scene.relay.messages[0]?.mailFrom, 'mended@example.com')
    })
  })

  it('that fails when the connection has gone meanwhile holds nothing: the attempt counts', async () => {
    const script = `function CheckFile(_, actions, _, _, _, _, _, _, retries) again = retries ~= 0 return actions end
      function ModifyReturnPath() while not again do end end`
    const ehlo = ({ nth, connection }: RelayRequest): undefined => {
      if (nth === 0) setTimeout(() => connection.drop(), 300)
    }
    const options = {
      ini: ini('', '', 'on_script_error=hold\nskip_retry=1h\nscript_timeout=1s'),
      script,
      config: { 'outbound.ini': 'temp_fail_intervals=5s,1h\n' },
      relay: { ehlo, mail: '450 4.2.0 not now' },
    }
    await within(options, async (scene) => {
      const { haraka } = scene
      await scene.submit(message('joe@example.com'))
      await haraka.waitForLog(/Temp failing \S+ for 5 seconds: Tried all MXs/)
      await haraka.waitForLog(/function=ModifyReturnPath .*kind=timeout/)
      await haraka.waitForLog(/Temp failing \S+ for 3600 seconds: Upstream error: 450/)
      await until('it was tried twice', () => haraka.queued()[0]?.attempts === 2)
    })
  })
})
