/**
 * MAIL and all RCPTs in one write, and the replies to them, of which there may be too many or too few.
 */
import assert from 'node:assert/strict'

import type { Script } from '../relay/hmail-driver.js'
import type { ScriptedRelayOptions } from '../support/scripted-relay.js'
import { at, delivered, run } from './letters.js'

const nothing: Script = () => undefined

describe('a group of commands and its replies', () => {
  const group = (mail: string): ScriptedRelayOptions => ({
    mail: at(1, { raw: mail }),
    rcpt: at(1, { silent: true }),
  })

  it('all in one packet', async () => {
    const result = await run(group('250 mail\r\n250 a\r\n250 b\r\n'))
    assert.deepEqual(result.outcomes, delivered(0, 1, 2))
  })

  it('each recipient is given its own', async () => {
    const result = await run(group('250 mail\r\n550 no a\r\n250 b\r\n'))
    assert.equal(result.outcomes[1], 'bounced a1, delivered b1')
  })

  for (const script of [undefined, nothing])
    for (const [what, replies] of [
      ['one too many', '250 mail\r\n250 a\r\n250 b\r\n250 extra\r\n'],
      ['one too many, and the last recipient is refused', '250 mail\r\n250 a\r\n250 b\r\n550 extra\r\n'],
      ['half a reply too many', '250 mail\r\n250 a\r\n250 b\r\n25'],
    ] as const)
      it(`${what}${script ? ', under a script' : ''}: nothing is sent, nobody bounces, the connection is given up`, async () => {
        const result = await run(group(replies), script ? { script } : {})
        assert.equal(result.outcomes[1], 'next relay server a1 b1')
        assert.deepEqual([result.outcomes[0], result.outcomes[2]], delivered(0, 2))
        assert.equal(result.relay.connections.length, 2)
        assert.ok(!result.relay.connections[0]!.commands.slice(7).includes('DATA'))
      })

  it('one too few: the message is not sent', async () => {
    const result = await run(group('250 mail\r\n250 a\r\n'), { replyTimeoutMs: 200 })
    assert.equal(result.outcomes[1], 'next relay server a1 b1')
    assert.deepEqual([result.outcomes[0], result.outcomes[2]], delivered(0, 2))
  })

  it('the connection closes with the last of them', async () => {
    const result = await run({
      rcpt: at(1, ({ address }) => (address.startsWith('b') ? { reply: '250 ok', then: 'close' } : undefined)),
    })
    assert.equal(result.outcomes[1], 'next relay server a1 b1')
    assert.deepEqual([result.outcomes[0], result.outcomes[2]], delivered(0, 2))
  })

  for (const [what, ahead] of [
    ['another recipient', ['a1@x.test', 'c1@x.test']],
    ['one recipient less', ['a1@x.test']],
    ['one recipient more', ['a1@x.test', 'b1@x.test', 'c1@x.test']],
    ['another order', ['b1@x.test', 'a1@x.test']],
    ['none', []],
  ] as const)
    it(`went ahead with ${what}: the message is not sent, least of all to somebody else`, async () => {
      const result = await run({}, {}, [{}, { ahead }, {}])
      assert.equal(result.outcomes[1], 'next relay server a1 b1')
      assert.deepEqual([result.outcomes[0], result.outcomes[2]], delivered(0, 2))
      assert.deepEqual(
        result.relay.messages.map(({ mailFrom }) => mailFrom),
        ['m0@example.com', 'm2@example.com'],
      )
    })

  it('is known as unanswered until MAIL is answered, so that nothing is lost by trying again', async () => {
    for (const then of ['close', 'reset'] as const) {
      const { outcomes, delivered: all } = await run({ mail: at(1, { then }) })
      assert.equal(outcomes[1], 'next relay server a1 b1')
      assert.deepEqual([all[1]?.reused, all[1]?.progress()], [true, 'unanswered'])
    }
  })

  it('is known as begun after that', async () => {
    const { delivered: all } = await run({ rcpt: at(1, { then: 'close' }) })
    assert.deepEqual([all[1]?.reused, all[1]?.progress()], [true, 'begun'])
  })

  it('is in doubt when the connection goes away after the whole message', async () => {
    for (const options of [{}, { script: nothing }]) {
      const { delivered: all } = await run({ endOfData: at(1, { then: 'close' }) }, options)
      assert.deepEqual([all[1]?.reused, all[1]?.progress()], [true, 'in doubt'])
    }
  })

  it('is not in doubt when the reply came before the connection went away', async () => {
    for (const options of [{}, { script: nothing }])
      for (const reply of ['250 ok', '550 no']) {
        const { delivered: all, outcomes } = await run({ endOfData: at(1, { reply, then: 'close' }) }, options)
        assert.equal(all[1]?.progress(), 'over')
        assert.deepEqual(outcomes.slice(0, 2), [
          'delivered a0 b0',
          `${reply.startsWith('2') ? 'delivered' : 'bounced'} a1 b1`,
        ])
      }
  })
})
