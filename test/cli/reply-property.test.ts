/** A reply goes through `relayout reply` as it goes through the plugin's connection, whatever it is and is made into. */
import assert from 'node:assert/strict'

import fc from 'fast-check'

import { Conversation, type Judged } from '../../lib/cli/conversation/conversation.js'
import { readCommand } from '../../lib/cli/conversation/read-command.js'
import { readReply } from '../../lib/cli/conversation/read-reply.js'
import type { GuardOptions } from '../../lib/core/reply-guards.js'
import { Secret } from '../../lib/core/settings/secret.js'
import { commandExchange, type Exchange, type Settled } from '../../lib/relay/exchange.js'
import { RelayConnection } from '../../lib/relay/relay-connection.js'
import type { ReplyEvent, RewriteEvent } from '../../lib/relay/relay-observer.js'
import { authCommand } from '../../lib/relay/secret-redaction.js'
import type { ConnectionGlobals } from '../../lib/script/port.js'
import { FakeWire, settled } from '../relay/fake-wire.js'
import { FakeClock } from '../support/fake-clock.js'

const COMMANDS = [
  '',
  'EHLO haraka.example.com',
  'HELO haraka.example.com',
  'LHLO haraka.example.com',
  'STARTTLS',
  'AUTH PLAIN AGpvZQBzZWNyZXQ=',
  'AUTH LOGIN',
  'MAIL FROM:<joe@example.com>',
  'RCPT TO:<ann@example.net>',
  'DATA',
  '.',
  'RSET',
  'QUIT',
] as const

const GLOBALS: ConnectionGlobals = {
  verifyCertificate: false,
  maxMessagesPerConnection: 0,
  maxRecipientsPerConnection: 0,
  maxRecipientsPerMessage: 0,
}

interface Triple {
  readonly command: string
  readonly reply: string
  /** Undefined: the script returns nothing; null: it fails. */
  readonly returned: string | undefined | null
}

interface Heard {
  readonly settled: Settled | undefined
  readonly replied: ReplyEvent | undefined
  readonly event: RewriteEvent | undefined
  readonly asked: readonly (readonly string[])[]
}

async function answerOf(returned: Triple['returned']): Promise<string | undefined> {
  if (returned === null) throw new Error('oops')
  return returned
}

/** As the plugin has it: bytes come in over the wire. */
async function throughConnection({ command, reply, returned }: Triple, guards: GuardOptions): Promise<Heard> {
  const wire = new FakeWire()
  const heard: { -readonly [K in keyof Heard]: Heard[K] } & { asked: string[][] } = {
    settled: undefined,
    replied: undefined,
    event: undefined,
    asked: [],
  }
  const connection = new RelayConnection(wire, {
    observer: {
      wantsReplies: () => true,
      returnCode: (...args) => {
        heard.asked.push(args)
        return answerOf(returned)
      },
      rewritten: (event) => void (heard.event = event),
      replied: (event) => void (heard.replied = event),
      warning: () => undefined,
    },
    ...guards,
    secrets: ['joe', 'secret'],
    clock: new FakeClock(),
  })
  const { stage } = readCommand(command)
  const settle = (result: Settled): void => void (heard.settled = result)
  connection.send(exchangeOf(connection, stage, command, settle))
  wire.arrive(`${reply}\r\n`)
  await settled()
  return heard
}

function exchangeOf(
  connection: RelayConnection,
  stage: Exchange['stage'],
  command: string,
  settle: Exchange['settle'],
): Exchange {
  if (stage === 'greeting') return { stage, command: '', settle }
  if (stage === 'end-of-data') return { stage, command: '.', bytes: '.\r\n', settle }
  if (stage !== 'auth') return commandExchange(stage, command, settle)
  const { shown, initial } = authCommand(command)
  connection.secrets.remember(initial)
  return commandExchange(stage, command, settle, shown)
}

async function throughCommand(
  { command, reply, returned }: Triple,
  guards: GuardOptions,
): Promise<Judged & { readonly asked: readonly (readonly string[])[] }> {
  const asked: string[][] = []
  const conversation = new Conversation({
    session: {
      started: Promise.resolve({ globals: GLOBALS, useBatv: false }),
      has: () => true,
      serverConnected: () => Promise.resolve(GLOBALS),
      returnCode: (lastCommand, fullResponse, lastLine) => {
        asked.push([lastCommand, fullResponse, lastLine])
        return answerOf(returned)
      },
    },
    sender: {
      servers: [{ host: 'relay.test', port: 25 }],
      tls: guards.forceTls ? 'required' : 'available',
      auth: { user: new Secret('joe'), pass: new Secret('secret'), type: undefined },
      authPlaintext: true,
      script: 'relayout.lua',
    },
    allowLosingRewrites: guards.allowLosingRewrites,
    server: 'relay.test',
    failed: () => undefined,
  })
  return { ...(await conversation.reply({ command: readCommand(command), reply: readReply(reply, false) })), asked }
}

const code = fc.oneof(
  fc.integer({ min: 200, max: 599 }),
  fc.constantFrom(220, 235, 250, 251, 334, 354, 421, 450, 454, 502, 535, 550, 554),
)
const text = fc.oneof(
  fc.constantFrom(
    '',
    '2.0.0 ok',
    'joe and secret',
    'AGpvZQBzZWNyZXQ=',
    'am9l',
    'STARTTLS',
    'VXNlcm5hbWU6',
    'Grüße\t\x07',
  ),
  fc.string({ maxLength: 40 }).map((any) => Buffer.from(any.replace(/[\r\n]/g, ' '), 'utf8').toString('latin1')),
)
const reply = fc
  .tuple(code, fc.array(text, { minLength: 1, maxLength: 4 }))
  .map(([number, texts]) => texts.map((t, i) => `${number}${i < texts.length - 1 ? '-' : ' '}${t}`).join('\r\n'))
const returned = fc.oneof(
  { weight: 4, arbitrary: reply },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, '', '250', '25', '199 no', '600 no', 'hello', '550-a\nb') },
  { weight: 1, arbitrary: text },
)

describe('a reply in relayout reply', () => {
  it('is asked about, guarded and presented as on a connection of the plugin', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ command: fc.constantFrom(...COMMANDS), reply, returned }),
        fc.record({ allowLosingRewrites: fc.boolean(), forceTls: fc.boolean() }),
        async (triple, guards) => {
          const plugin = await throughConnection(triple, guards)
          const command = await throughCommand(triple, guards)
          assert.deepEqual(command.asked, plugin.asked)
          assert.deepEqual(
            [command.command, command.real, command.presented, command.consequence],
            [plugin.replied?.command, plugin.replied?.real, plugin.replied?.presented, plugin.settled?.consequence],
          )
          assert.deepEqual(
            [command.outcome, command.warnings, command.returned],
            [plugin.event?.outcome ?? 'unchanged', plugin.event?.warnings ?? [], plugin.event?.returned],
          )
        },
      ),
      { numRuns: 3000 },
    )
  })
})
