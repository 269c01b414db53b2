/**
 * Replies that a script rewrites on a connection that carries several messages: the message before and the one after it
 * do not notice, and the script sees each reply of the relay server once, in order, with the command that it is for.
 */
import assert from 'node:assert/strict'

import { type Account, type ManyRelays, messageOf, openManyRelays, type RelayCase } from '../support/many-relays.js'
import type { Answer, RelayRequest } from '../support/scripted-relay.js'

interface Rewrite extends RelayCase {
  /** Lua: what is said of the replies to the second message; `command` and `last` are at hand, `nil` is no change. */
  readonly says: string
  /** What becomes of the second message's recipients, a and b. */
  readonly fates: readonly [string, string]
  /** Default 1. */
  readonly connections?: number
  /** The connection is reset before the third message. */
  readonly reset: boolean
}

const at1 =
  (answer: Answer): Answer =>
  (request: RelayRequest) =>
    messageOf(request.connection) === 1 ? (typeof answer === 'function' ? answer(request) : answer) : undefined

const rcptA1 =
  (reply: string): Answer =>
  ({ address }) =>
    address.startsWith('a1@') ? reply : undefined

const REWRITES: readonly Rewrite[] = [
  { name: 'nothing', says: 'nil', fates: ['delivered', 'delivered'], reset: false },
  {
    name: 'mail-250-550',
    says: 'verb == "MAIL" and "550 5.7.1 no"',
    fates: ['bounced', 'bounced'],
    reset: true,
  },
  {
    name: 'mail-550-250',
    relay: { mail: at1('550 5.7.1 no') },
    says: 'verb == "MAIL" and "250 fine"',
    fates: ['bounced', 'bounced'],
    reset: true,
  },
  {
    name: 'rcpt-250-450',
    says: 'command:find("TO:<a1@") and "450 4.2.1 later"',
    fates: ['queued', 'delivered'],
    reset: true,
  },
  {
    name: 'rcpt-250-550',
    says: 'command:find("TO:<a1@") and "550 5.1.1 no"',
    fates: ['bounced', 'delivered'],
    reset: true,
  },
  {
    name: 'rcpt-250-550-all',
    says: 'verb == "RCPT" and "550 5.1.1 no"',
    fates: ['bounced', 'bounced'],
    reset: true,
  },
  {
    name: 'rcpt-450-550',
    relay: { rcpt: rcptA1('450 4.1.1 unknown') },
    says: '(last:gsub("^450 4", "550 5"))',
    fates: ['bounced', 'delivered'],
    reset: true,
  },
  {
    name: 'rcpt-550-250-one',
    relay: { rcpt: rcptA1('550 5.1.1 unknown') },
    says: 'command:find("TO:<a1@") and "250 fine"',
    gone: (recipient) => recipient === 'a1',
    fates: ['', 'delivered'],
    reset: true,
  },
  {
    name: 'rcpt-550-250-all',
    relay: { rcpt: at1('550 5.1.1 unknown') },
    says: 'verb == "RCPT" and "250 fine"',
    gone: (recipient) => recipient.endsWith('1'),
    fates: ['', ''],
    reset: true,
  },
  {
    name: 'data-354-451',
    says: 'verb == "DATA" and "451 4.3.0 later"',
    fates: ['queued', 'queued'],
    connections: 2,
    reset: false,
  },
  {
    name: 'end-250-450',
    says: 'command == "." and "450 4.3.0 later"',
    fates: ['delivered+queued', 'delivered+queued'],
    reset: true,
  },
  {
    name: 'end-550-250',
    relay: { endOfData: at1('550 5.7.1 spam') },
    says: 'command == "." and "250 fine"',
    gone: (recipient) => recipient.endsWith('1'),
    fates: ['', ''],
    reset: true,
  },
  {
    name: 'end-550-450',
    relay: { endOfData: at1('550 5.7.1 spam') },
    says: 'command == "." and "450 4.7.1 later"',
    fates: ['queued', 'queued'],
    reset: true,
  },
  {
    name: 'rset-250-550',
    says: '(verb == "RCPT" or verb == "RSET") and "550 5.1.1 no"',
    fates: ['bounced', 'bounced'],
    connections: 2,
    reset: false,
  },
  {
    name: 'rset-502-250',
    relay: { rset: '502 5.5.1 what?' },
    says: 'verb == "RSET" and "250 fine" or verb == "RCPT" and "550 5.1.1 no"',
    fates: ['bounced', 'bounced'],
    connections: 2,
    reset: false,
  },
  { name: 'throws', says: 'error("broken")', fates: ['delivered', 'delivered'], reset: false },
  { name: 'returns-rubbish', says: 'verb and "go away"', fates: ['delivered', 'delivered'], reset: false },
]

const SCRIPT = (rewrites: readonly Rewrite[]): string => `
function ReturnCodeHandler(command, full, last)
  print(sendername .. " " .. command .. " -> " .. full:gsub("\\r\\n", " / "))
  current = command:match("^MAIL FROM:<m(%d)") or current
  if current ~= "1" then return nil end
  local verb = command:match("^%a+")
${rewrites.map(({ name, says }) => `  if sendername == "${name}" then return ${says} or nil end`).join('\n')}
end
`

/** A ReturnCodeHandler that takes its time, with a long list of recipients. */
const SLOW: RelayCase = {
  name: 'slow',
  messages: 2,
  recipients: (k) =>
    Array.from({ length: k === 0 ? 50 : 2 }, (_, i) => `${'abcdefghij'.charAt(i % 10)}${'x'.repeat(i / 10)}${k}`),
}

const SLOW_SCRIPT = `
function ReturnCodeHandler(command, full, last)
  print(sendername .. " " .. command .. " -> " .. full:gsub("\\r\\n", " / "))
  local untilTime = os.clock() + 0.05
  while os.clock() < untilTime do end
  if command:find("TO:<cxx0@") then return "550 5.1.1 not c" end
end
`

describe('replies rewritten on a connection that carries several messages', function () {
  this.timeout(120_000)
  const modes = ['pipelined', 'single'] as const
  const cases = modes.flatMap((mode) =>
    REWRITES.map((rewrite) => ({
      ...rewrite,
      name: `${rewrite.name}-${mode}`,
      ini: `pipelining=${mode === 'pipelined'}`,
    })),
  )
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays([...cases, { ...SLOW, ini: 'script=slow.lua' }], {
      script: SCRIPT(cases),
      config: { 'slow.lua': SLOW_SCRIPT },
      sender: 'max_connections=1\nidle_timeout=1m',
    })
    await scene.submit()
    account = await scene.settled()
  })
  after(() => scene.remove())

  /** What a script saw of a sender: `command -> reply`. */
  function seen(name: string): string[] {
    const lines = scene.haraka.output.matchAll(
      new RegExp(`\\[relayout\\] print sender=${name} .*? text="${name} (.*)"$`, 'gm'),
    )
    return Array.from(lines, ([, text]) => text!)
  }

  for (const { name, fates, connections = 1, reset } of cases)
    describe(name, () => {
      it(`the message is ${fates.map((fate) => fate || 'gone').join(' and ')}, the others are delivered`, () => {
        assert.deepEqual(
          ['a', 'b'].map((letter) => account.fates(name, `${letter}1`).join('+')),
          fates,
        )
        assert.deepEqual([account.fateOf(name, 0), account.fateOf(name, 2)], ['delivered', 'delivered'])
        assert.deepEqual(account.wrong(name), [])
      })

      it('the third message has a connection that knows nothing of it', () => {
        const relay = scene.relay(name)
        assert.equal(relay.connections.length, connections)
        assert.equal(scene.mostOpen(name), 1)
        const { commands } = relay.connections.at(-1)!
        const third = commands.indexOf('MAIL FROM:<m2@example.com>')
        assert.equal(commands[third - 1], connections > 1 ? 'EHLO haraka.example.com' : reset ? 'RSET' : '.')
      })

      it('the script has seen each reply once, in order, with its command', () => {
        const commands = scene.relay(name).connections.flatMap(({ commands: all }) => ['', ...all])
        assert.deepEqual(
          seen(name).map((text) => text.split(' -> ')[0]),
          commands,
        )
      })
    })

  it('a script that is slow holds up its own messages only, and nothing goes wrong', () => {
    const relay = scene.relay('slow')
    assert.equal(relay.connections.length, 1)
    const fates = SLOW.recipients!(0).map((recipient) => account.fates('slow', recipient).join('+'))
    assert.deepEqual([...new Set(fates)].sort(), ['bounced', 'delivered'])
    assert.equal(fates.filter((fate) => fate === 'bounced').length, 1)
    assert.equal(account.fateOf('slow', 1), 'delivered')
    assert.deepEqual(
      seen('slow').map((text) => text.split(' -> ')[0]),
      ['', ...relay.connections[0]!.commands],
    )
  })
})
