import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { type Account, type ManyRelays, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { openScene, type Scene, type SceneOptions } from '../support/scene.js'
import { type Answer, type ScriptedRelayOptions, startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'

const CREDENTIALS = { user: 'joe', pass: 'secret word' }

/** What becomes of a message, in the words of its account. */
const FATES = {
  delivered: 'delivered',
  deferred: 'queued',
  bounced: 'bounced',
  gone: '',
  'delivered and deferred': 'delivered+queued',
  'delivered and bounced': 'bounced+delivered',
} as const

type Outcome = keyof typeof FATES

/** What is said at each stage for a class of reply, by the relay server or by the script. */
const REPLIES = {
  2: { greeting: '220 new', starttls: '220 new', auth: '235 new', data: '354 new', other: '250 new' },
  4: '450 4.7.1 new',
  5: '550 5.7.1 new',
} as const

interface Stage {
  readonly name: string
  /** The LastCommand at which the script rewrites, as a Lua pattern. */
  readonly command: string
  readonly relay: (answer: Answer) => ScriptedRelayOptions
  readonly extra?: ScriptedRelayOptions
  readonly ini?: string
  /** Real class and new class → what becomes of the message. */
  readonly outcomes: Readonly<Record<'2→4' | '2→5' | '4→2' | '4→5' | '5→2' | '5→4', Outcome>>
}

/** As if the server had said it. */
const PLAIN = { '2→4': 'deferred', '2→5': 'bounced', '4→5': 'bounced', '5→4': 'deferred' } as const

const STAGES: readonly Stage[] = [
  {
    name: 'greeting',
    command: '^$',
    relay: (greeting) => ({ greeting }),
    outcomes: { ...PLAIN, '4→2': 'delivered', '5→2': 'delivered' },
  },
  {
    name: 'EHLO',
    command: '^EHLO ',
    relay: (ehlo) => ({ ehlo }),
    // Haraka answers a refused EHLO with HELO.
    outcomes: { ...PLAIN, '2→5': 'delivered', '4→5': 'delivered', '4→2': 'delivered', '5→2': 'delivered' },
  },
  {
    name: 'STARTTLS',
    command: '^STARTTLS$',
    relay: (starttls) => ({ starttls }),
    extra: { starttls: true },
    // Refused by the guard: Haraka sees the real reply.
    outcomes: { ...PLAIN, '4→2': 'deferred', '5→2': 'deferred' },
  },
  {
    name: 'AUTH',
    command: '^AUTH PLAIN$',
    relay: (authReply) => ({ authReply }),
    extra: { auth: CREDENTIALS },
    ini: `auth_user=${CREDENTIALS.user}\nauth_pass=${CREDENTIALS.pass}\nauth_type=PLAIN\nauth_plaintext=true\n`,
    outcomes: { ...PLAIN, '4→2': 'delivered', '5→2': 'delivered' },
  },
  {
    name: 'MAIL',
    command: '^MAIL ',
    relay: (mail) => ({ mail }),
    // The server knows of no MAIL: it refuses RCPT with 503.
    outcomes: { ...PLAIN, '4→2': 'bounced', '5→2': 'bounced' },
  },
  {
    name: 'RCPT',
    command: '^RCPT ',
    relay: (rcpt) => ({ rcpt }),
    outcomes: { ...PLAIN, '4→2': 'gone', '5→2': 'gone' },
  },
  {
    name: 'DATA',
    command: '^DATA$',
    relay: (data) => ({ data }),
    // Refused by the guard: the body would be read as commands.
    outcomes: { ...PLAIN, '4→2': 'deferred', '5→2': 'bounced' },
  },
  {
    name: 'end of data',
    command: '^%.$',
    relay: (endOfData) => ({ endOfData }),
    // The server has it.
    outcomes: {
      ...PLAIN,
      '2→4': 'delivered and deferred',
      '2→5': 'delivered and bounced',
      '4→2': 'gone',
      '5→2': 'gone',
    },
  },
  {
    name: 'QUIT',
    command: '^QUIT$',
    relay: (quit) => ({ quit }),
    outcomes: {
      '2→4': 'delivered',
      '2→5': 'delivered',
      '4→2': 'delivered',
      '4→5': 'delivered',
      '5→2': 'delivered',
      '5→4': 'delivered',
    },
  },
]

function replyOf(stage: Stage, replyClass: 2 | 4 | 5): string {
  if (replyClass !== 2) return REPLIES[replyClass]
  return new Map(Object.entries(REPLIES[2])).get(stage.name.toLowerCase()) ?? REPLIES[2].other
}

const rewriting = (command: string, reply: string): string => `
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if sendername == "main" and string.find(LastCommand, "${command}") then return "${reply}" end
end
`

/** Sender `main` under the script, sender `dsn` for what Haraka itself writes, each with a relay server of its own. */
async function openReplies(options: {
  readonly relay?: ScriptedRelayOptions
  readonly script: string
  readonly main?: string
  readonly ini?: string
  readonly scene?: Partial<SceneOptions>
}): Promise<Scene & { readonly dsns: Scene['relay'] }> {
  const dsns = await startScriptedRelay()
  const scene = await openScene({
    ...(options.relay ? { relay: options.relay } : {}),
    script: options.script,
    ini: (host) =>
      `[main]\n${options.ini ?? ''}\n[sender.main]\nhost=${host}\nfilter[]=!From: <>\n${options.main ?? ''}` +
      `[sender.dsn]\nhost=127.0.0.1:${dsns.port}\n`,
    ...options.scene,
  })
  return {
    ...scene,
    dsns,
    async remove() {
      await scene.remove()
      await dsns.close()
    },
  }
}

const toOne = { from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage('one') }

const toThree = {
  from: 'joe@example.com',
  to: ['ann@example.net', 'bob@example.net', 'cat@example.net'],
  data: plainMessage('three'),
}

interface Rewriting extends RelayCase {
  readonly stage: Stage
  readonly direction: string
  readonly outcome: Outcome
  readonly returned: string
}

const REWRITINGS: readonly Rewriting[] = STAGES.flatMap((stage) =>
  Object.entries(stage.outcomes).map(([direction, outcome]): Rewriting => {
    const [from, to] = direction.split('→').map(Number) as [2 | 4 | 5, 2 | 4 | 5]
    const real = replyOf(stage, from).replace('new', 'real')
    return {
      name: `${stage.name.toLowerCase().replaceAll(' ', '-')}-${from}-${to}`,
      relay: { ...stage.extra, ...(from === 2 ? {} : stage.relay(real)) },
      ini: stage.ini ?? '',
      messages: 1,
      recipients: () => ['ann'],
      gone: () => outcome === 'gone',
      stage,
      direction,
      outcome,
      returned: replyOf(stage, to),
    }
  }),
)

describe('a rewritten reply to', function () {
  this.timeout(60_000)
  let scene: ManyRelays
  let account: Account

  before(async () => {
    const rules = REWRITINGS.map(({ name, stage, returned }) => `["${name}"] = { "${stage.command}", "${returned}" },`)
    scene = await openManyRelays(REWRITINGS, {
      script: `
        local rules = { ${rules.join('\n')} }
        function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
          local rule = rules[sendername]
          if rule and string.find(LastCommand, rule[1]) then return rule[2] end
        end`,
      main: 'script_breaker=off',
      sender: 'idle_timeout=0s',
    })
    await scene.submit()
    for (const { name } of REWRITINGS)
      await scene.haraka.waitForLog(new RegExp(`\\[relayout\\] rewrite sender=${name} `))
    await until('what is left was tried', () => scene.haraka.queued().every(({ attempts }) => attempts > 0))
    account = await scene.settled()
  })
  after(() => scene.remove())

  for (const { name, stage, direction, outcome } of REWRITINGS)
    it(`${stage.name}, ${direction}: the message is ${outcome}`, () => {
      assert.equal(account.fateOf(name, 0), FATES[outcome])
      if (outcome === 'deferred') assert.equal(account.attempts(name, 'ann'), 1)
      if (outcome === 'gone')
        assert.match(
          scene.haraka.output,
          new RegExp(`\\[WARN\\] \\[\\S+\\] \\[relayout\\] rewrite sender=${name} .*undelivered`),
        )
    })

  it('anything: no secret is in the log', () => {
    assert.doesNotMatch(scene.haraka.output, /secret word|am9lAHNlY3JldCB3b3Jk|AGpvZQBzZWNyZXQgd29yZA/)
  })
})

describe('a rewritten reply', function () {
  this.timeout(60_000)

  it('from 450 to 550 for one recipient of three bounces that one, with the new text in the DSN', async () => {
    const scene = await openReplies({
      relay: {
        rcpt: {
          byAddress: { 'bob@example.net': '450 4.1.1 <bob@example.net>: Recipient address rejected: User unknown' },
        },
      },
      script: `
        function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
          if string.find(LastCommand, "^RCPT") and string.find(LastLine, "User unknown") then
            return (string.gsub(LastLine, "^450 4", "550 5"))
          end
        end`,
    })
    try {
      await scene.submit(toThree)
      await scene.relay.waitFor(1)
      await scene.dsns.waitFor(1)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.deepEqual(scene.relay.messages[0]?.rcptTo, ['ann@example.net', 'cat@example.net'])
      assert.equal(scene.relay.connections.length, 1)
      const dsn = scene.dsns.messages[0]?.data.toString() ?? ''
      assert.match(dsn, /Final-Recipient: rfc822;bob@example.net\r\nAction: failed\r\nStatus: 5.1.1/)
      assert.match(dsn, /Diagnostic-Code: smtp;550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown/)
      assert.doesNotMatch(dsn, /Final-Recipient: rfc822;(ann|cat)/)
      assert.match(
        scene.haraka.output,
        /\[NOTICE\] \[[\w-]+\.1\.1\] \[relayout\] rewrite sender=main server=127.0.0.1 command="RCPT TO:<bob@example.net>" real="450 4.1.1 .*" new="550 5.1.1 .*" outcome=applied/,
      )
    } finally {
      await scene.remove()
    }
  })

  it('from 550 to 450 for one recipient of three keeps that one in the queue', async () => {
    const scene = await openReplies({
      relay: { rcpt: { byAddress: { 'bob@example.net': '550 5.1.1 greylisted' } } },
      script: rewriting('^RCPT TO:<bob@', '450 4.2.0 try later'),
    })
    try {
      await scene.submit(toThree)
      await scene.relay.waitFor(1)
      await until('only bob waits', () => {
        const queued = scene.haraka.queued()
        return queued.length === 1 && queued[0]?.rcpt_to.length === 1 && queued[0].attempts === 1
      })
      assert.equal(scene.haraka.queued()[0]?.rcpt_to[0]?.original, '<bob@example.net>')
      assert.deepEqual(scene.relay.messages[0]?.rcptTo, ['ann@example.net', 'cat@example.net'])
      assert.equal(scene.dsns.messages.length, 0)
    } finally {
      await scene.remove()
    }
  })

  for (const [reply, code] of [
    ['550 5.7.1 not this one', 550],
    ['450 4.7.1 not now', 450],
  ] as const) {
    it(`from 250 to ${code} for one recipient of three: the relay server does not deliver to it`, async () => {
      const scene = await openReplies({ script: rewriting('^RCPT TO:<bob@', reply) })
      try {
        await scene.submit(toThree)
        await scene.relay.waitFor(1)
        if (code === 550) await scene.dsns.waitFor(1)
        else await until('bob waits', () => scene.haraka.queued().some(({ attempts }) => attempts === 1))
        await until('the rest is gone', () => scene.haraka.queue().length === (code === 450 ? 1 : 0))
        assert.deepEqual(
          scene.relay.messages.map(({ rcptTo }) => rcptTo),
          [['ann@example.net', 'cat@example.net']],
        )
      } finally {
        await scene.remove()
      }
    })
  }

  it('of every recipient from 550 to 250 is refused under allow_losing_rewrites = false', async () => {
    const scene = await openReplies({
      relay: { rcpt: '550 5.1.1 unknown' },
      script: rewriting('^RCPT', '250 2.1.5 fine'),
      ini: 'allow_losing_rewrites=false',
    })
    try {
      await scene.submit(toThree)
      await scene.dsns.waitFor(1)
      assert.match(scene.dsns.messages[0]?.data.toString() ?? '', /550 5.1.1 unknown/)
      assert.match(scene.haraka.output, /rewrite .* outcome=refused/)
      assert.equal(scene.relay.messages.length, 0)
    } finally {
      await scene.remove()
    }
  })

  it('of end of data from 554 to 250 is refused under allow_losing_rewrites = false', async () => {
    const scene = await openReplies({
      relay: { endOfData: '554 5.7.1 spam' },
      script: rewriting('^%.$', '250 2.0.0 fine'),
      ini: 'allow_losing_rewrites=false',
    })
    try {
      await scene.submit(toOne)
      await scene.dsns.waitFor(1)
      assert.match(scene.dsns.messages[0]?.data.toString() ?? '', /554 5.7.1 spam/)
    } finally {
      await scene.remove()
    }
  })

  for (const [returned, why] of [
    ['600 nonsense', 'a code over 599'],
    ['hello', 'no code'],
    ['25', 'half a code'],
  ] as const) {
    it(`that is ${why} leaves the reply as it is, and the log says so`, async () => {
      const scene = await openReplies({ script: rewriting('^RCPT', returned) })
      try {
        await scene.submit(toOne)
        await scene.relay.waitFor(1)
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        assert.match(scene.haraka.output, /\[ERROR\] \[\S+\] \[relayout\] rewrite .*outcome=invalid/)
      } finally {
        await scene.remove()
      }
    })
  }

  it('of several lines, without codes or hyphens, is put right', async () => {
    const scene = await openReplies({
      relay: { rcpt: '450 4.1.1 later' },
      script: rewriting('^RCPT', '550 5.1.1 first line\\r\\nsecond line\\n550 third line'),
    })
    try {
      await scene.submit(toOne)
      await scene.dsns.waitFor(1)
      assert.match(scene.dsns.messages[0]?.data.toString() ?? '', /first line\s+second line\s+third line/)
    } finally {
      await scene.remove()
    }
  })
})

describe('replies of the relay server', function () {
  this.timeout(60_000)

  it('each come to ReturnCodeHandler once, with their command and all their lines, at every stage', async () => {
    for (const packets of ['bytes', 'joined', 'plain'] as const) {
      const scene = await openReplies({
        relay: {
          packets,
          starttls: true,
          auth: { ...CREDENTIALS, mechanisms: ['LOGIN'] },
          greeting: '220-relay.test\r\n220 ESMTP',
          mail: '250-2.1.0 one\r\n250-2.1.0 two\r\n250 2.1.0 three',
        },
        main: `auth_user=${CREDENTIALS.user}\nauth_pass=${CREDENTIALS.pass}\n`,
        script: `
          function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
            if sendername == "main" then
              print("seen (" .. LastCommand .. ") (" .. string.gsub(FullResponse, "\\r\\n", "|") .. ") (" .. LastLine .. ")")
            end
          end`,
      })
      try {
        await scene.submit(toOne)
        await scene.relay.waitFor(1)
        await scene.haraka.waitForLog(/seen \(QUIT\)/)
        const seen = scene.haraka.events.flatMap((line) => /text="seen (.*)"$/.exec(line)?.[1] ?? [])
        const commands = seen.map((line) => /^\(([^)]*)\)/.exec(line)?.[1])
        assert.deepEqual(commands, [
          '',
          'EHLO haraka.example.com',
          'STARTTLS',
          'EHLO haraka.example.com',
          'AUTH LOGIN',
          'AUTH LOGIN',
          'AUTH LOGIN',
          'MAIL FROM:<joe@example.com>',
          'RCPT TO:<ann@example.net>',
          'DATA',
          '.',
          'QUIT',
        ])
        assert.equal(seen[0], '() (220-relay.test|220 ESMTP) (220 ESMTP)')
        assert.match(seen[7] ?? '', /\(250-2.1.0 one\|250-2.1.0 two\|250 2.1.0 three\) \(250 2.1.0 three\)$/)
        assert.equal(scene.relay.connections[0]?.authenticatedAs, CREDENTIALS.user)
        assert.doesNotMatch(scene.haraka.output, /secret word|c2VjcmV0IHdvcmQ/)
      } finally {
        await scene.remove()
      }
    }
  })

  it('of a mail exchanger that another plugin chose come to the script of a sender without host', async () => {
    const scene = await openScene({
      relay: { rcpt: '450 4.1.1 User unknown' },
      ini: () => '[sender.direct]\nfilter[]=!From: <>\n',
      script: 'function ReturnCodeHandler(cmd, full, last) return (string.gsub(last, "^450 4", "550 5")) end',
      plugins: {
        route:
          'exports.hook_get_mx = function (next) { const [exchange, port] = this.config.get("mx").split(":"); next(OK, { exchange, port: Number(port) }) }',
      },
      stopped: true,
    })
    try {
      scene.haraka.write('config/mx', `127.0.0.1:${scene.relay.port}\n`)
      await scene.haraka.start()
      scene.relay.set({
        rcpt: (request) => (request.address === 'ann@example.net' ? '450 4.1.1 User unknown' : undefined),
      })
      await scene.submit(toOne)
      await scene.haraka.waitForLog(
        /rewrite sender=direct server=127.0.0.1 .*real="450 4.1.1 User unknown" new="550 5.1.1/,
      )
      await scene.relay.waitFor(1)
      assert.equal(scene.relay.messages[0]?.mailFrom, '')
    } finally {
      await scene.remove()
    }
  })

  it('that never come end the attempt after reply_timeout; the message waits', async () => {
    const scene = await openReplies({
      relay: { rcpt: { silent: true } },
      main: 'reply_timeout=1s\n',
      script: '-- none',
    })
    try {
      await scene.submit(toOne)
      await until('one attempt is counted', () => scene.haraka.queued()[0]?.attempts === 1)
      assert.equal(scene.relay.messages.length, 0)
    } finally {
      await scene.remove()
    }
  })
})
