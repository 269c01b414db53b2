/**
 * Many messages over few connections to relay servers that fail at random, while settings and script change: in the end
 * every recipient has every message, none of them twice but where the relay server had the whole of it and did not say
 * so, and every place for a connection is free again.
 */
import assert from 'node:assert/strict'

import {
  type Account,
  type ManyRelays,
  messageOf,
  NEVER,
  openManyRelays,
  type RelayCase,
} from '../support/many-relays.js'
import { until } from '../support/haraka-instance.js'
import type { AnswerObject, RelayRequest, ScriptedRelayOptions } from '../support/scripted-relay.js'
import { randomFrom } from '../support/random.js'
import { oneOf, unreliableEnd, unreliableRelay } from '../support/unreliable-relay.js'

const MESSAGES = 60
const MOST = 3

interface Unreliable extends RelayCase {
  /** Messages that the relay server had the whole of without having said so. */
  readonly inDoubt: Set<number>
}

function unreliable(name: string, seed: number, relay: ScriptedRelayOptions = {}, ini = ''): Unreliable {
  const random = randomFrom(seed)
  const inDoubt = new Set<number>()
  let reliable = false
  const pick = (faults: readonly AnswerObject[], share: number): AnswerObject | undefined =>
    reliable ? undefined : oneOf(faults, share, random)
  return {
    name,
    messages: MESSAGES + MOST,
    recipients: (k) => ['a', 'b', 'c'].map((letter) => `${letter}${k}`),
    bytes: 1_000,
    relay: {
      ...relay,
      ...unreliableRelay(pick),
      endOfData({ connection }: RelayRequest) {
        const k = messageOf(connection)
        // The last ones are to be there all at one time.
        if (k >= MESSAGES) {
          reliable = true
          return { after: NEVER }
        }
        const answer = unreliableEnd(pick)
        if (answer && answer.reply === undefined) inDoubt.add(k)
        // A reset may take what was said before it along.
        if (answer?.then === 'reset') inDoubt.add(k)
        return answer
      },
    },
    ini,
    inDoubt,
  }
}

const AUTH = { user: 'joe', pass: 'secret word' }

const CASES = [
  unreliable('pipelined', 1),
  unreliable('single', 2, {}, 'pipelining=false'),
  unreliable('script', 3, {}, 'script=script.lua'),
  unreliable('bytes', 4, { packets: 'bytes' }, 'max_messages_per_connection=5\nscript=script.lua'),
  unreliable('quick', 5, { packets: 'joined' }, 'idle_timeout=0s'),
  unreliable(
    'secure',
    6,
    { starttls: true, auth: AUTH, authRequired: true },
    `tls=required\nverify_certificate=false\nauth_user=${AUTH.user}\nauth_pass=${AUTH.pass}`,
  ),
]

const SCRIPT = (version: number): string => `
-- version ${version}
function ReturnCodeHandler(command, full, last)
  if command:find("^RCPT") and full:find("^250") and math.random() < 0.03 then return "450 4.2.1 says the script" end
  if command == "DATA" and math.random() < 0.02 then return "451 4.3.0 says the script" end
end
`

describe('unreliable relay servers, changing settings', function () {
  this.timeout(120_000)
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays(CASES, {
      script: '',
      config: { 'script.lua': SCRIPT(1) },
      sender: `max_connections=${MOST}\nreply_timeout=1s\nidle_timeout=200ms`,
      intervals: '1h*100',
      // Haraka takes no interval below 5 s.
      plugins: { again: `exports.hook_deferred = (next) => next(DENYSOFT, '1')` },
    })
    await scene.submit(0, MESSAGES)
    scene.haraka.write('config/script.lua', SCRIPT(2))
    const { haraka } = scene
    await haraka.waitForLog(/\[relayout\] reload script/)
    account = await scene.drained()
    await scene.submit(MESSAGES)
  })
  after(() => scene.remove())

  for (const { name, inDoubt, recipients } of CASES) {
    it(`${name}: every recipient has every message, once, or again where that was in doubt`, () => {
      for (let k = 0; k < MESSAGES; k++)
        for (const recipient of recipients!(k)) {
          const fates = account.fates(name, recipient)
          assert.ok(fates.length > 0 && fates.every((fate) => fate === 'delivered'), `${recipient}: ${fates.join()}`)
          assert.ok(fates.length === 1 || inDoubt.has(k), `${recipient} has it ${fates.length} times`)
        }
      assert.deepEqual(account.wrong(name), [])
    })

    it(`${name}: there were never more than ${MOST} connections, and there can be as many again`, async () => {
      const relay = scene.relay(name)
      const held = (): number =>
        relay.connections.filter((connection) => connection.open && messageOf(connection) >= MESSAGES).length
      await until('all places are taken', () => held() === MOST)
      assert.equal(scene.mostOpen(name), MOST)
    })
  }
})
