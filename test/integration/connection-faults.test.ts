/**
 * A relay server that fails once, at one command of one message, on a fresh connection or on one that carried a message
 * before: what becomes of that message, and that the others go on as if nothing had been.
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
import type { AnswerObject, RelayRequest, ScriptedRelayOptions } from '../support/scripted-relay.js'

const FAULTS: Readonly<Record<string, AnswerObject>> = {
  closes: { then: 'close' },
  resets: { then: 'reset' },
  stalls: { after: NEVER },
  'says-421': { reply: '421 4.3.2 shutting down', then: 'close' },
  'says-garbage': { raw: 'what?\r\n' },
  'says-half': { raw: '45', then: 'close' },
}

const STAGES = ['ehlo', 'mail', 'rcpt', 'data', 'body', 'endOfData'] as const

type Stage = (typeof STAGES)[number]

interface FaultCase extends RelayCase {
  /** The message at which it fails. */
  readonly at: number
  /** What becomes of that message. */
  readonly fate: 'delivered' | 'queued'
}

/** The fault once, at that stage of that message. */
function once(stage: Stage, fault: AnswerObject, at: number): ScriptedRelayOptions {
  let fired = false
  const fire = (): AnswerObject | undefined => {
    if (fired) return undefined
    fired = true
    return fault
  }
  if (stage === 'ehlo') return { ehlo: ({ nth }: RelayRequest) => (nth === 0 ? fire() : '250-relay\r\n250 PIPELINING') }
  const isDue = (connection: RelayRequest['connection']): boolean => messageOf(connection) === at
  // After that it takes nothing more: what was said in the middle of the message is not the end of it for everybody.
  if (stage === 'body')
    return { onBody: (_, connection) => (isDue(connection) && fire() ? { then: 'close', ...fault } : undefined) }
  return { [stage]: ({ connection }: RelayRequest) => (isDue(connection) ? fire() : undefined) }
}

function faultCases(): FaultCase[] {
  let scripts = 0
  return STAGES.flatMap((stage) =>
    Object.entries(FAULTS).flatMap(([what, fault]) =>
      ['pipelined', 'one-by-one'].flatMap((mode) =>
        (stage === 'ehlo' ? ['fresh'] : ['fresh', 'reused']).map((connection) => {
          const at = connection === 'reused' ? 1 : 0
          // A fault that cannot concern the message costs it no attempt. A stray line is no end of the connection.
          const fate = stage === 'mail' && at === 1 ? 'delivered' : 'queued'
          const script = ++scripts % 3 === 0
          return {
            name: `${stage}-${what}-${mode}-${connection}${script ? '-script' : ''}`.toLowerCase(),
            relay: once(stage, fault, at),
            ini: `pipelining=${mode === 'pipelined'}${script ? '\nscript=watch.lua' : ''}`,
            ...(stage === 'body' ? { bytes: 400_000 } : {}),
            at,
            fate,
          } as const
        }),
      ),
    ),
  )
}

describe('a relay server that fails once', function () {
  this.timeout(120_000)
  const cases = faultCases()
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays(cases, {
      script: '',
      config: { 'watch.lua': 'function ReturnCodeHandler() end' },
      sender: 'max_connections=1\nreply_timeout=1s',
    })
    await scene.submit()
    account = await scene.settled()
  })
  after(() => scene.remove())

  for (const { name, at, fate } of cases)
    it(`${name}: that message is ${fate}, once, the others are delivered, once`, () => {
      const fates = [0, 1, 2].map((k) => account.fateOf(name, k))
      assert.deepEqual(
        fates,
        [0, 1, 2].map((k) => (k === at ? fate : 'delivered')),
      )
      if (fate === 'queued') assert.equal(account.attempts(name, `a${at}`), 1)
      assert.equal(scene.mostOpen(name), 1)
      assert.deepEqual(account.wrong(name), [])
    })

  it('nothing of it bounces', () => assert.equal(scene.dsns.messages.length, 0))

  it('a connection lost after the whole message is in the log', () => {
    assert.match(scene.haraka.output, /\[WARN\] .*the connection was lost after the whole message was sent/)
  })
})
