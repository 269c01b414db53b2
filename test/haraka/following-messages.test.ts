/**
 * Message after message on one connection, with MAIL and RCPT in one write and without.
 */
import assert from 'node:assert/strict'

import type { Script } from '../relay/hmail-driver.js'
import type { RelayRequest } from '../support/scripted-relay.js'
import { assertAskedOnce, at, delivered, run } from './letters.js'
import type { LinkDriverOptions } from './link-driver.js'

const nothing: Script = () => undefined

const MODES: [string, Omit<LinkDriverOptions, 'port'>][] = [
  ['pipelined', {}],
  ['pipelined, under a script', { script: nothing }],
  ['one by one', { pipelining: false }],
  ['one by one, under a script', { pipelining: false, script: nothing }],
]

describe('messages that follow each other on a connection', () => {
  for (const [mode, options] of MODES)
    describe(mode, () => {
      for (const packets of ['plain', 'bytes', 'joined'] as const)
        it(`replies come ${packets}`, async () => {
          const result = await run({ packets }, options)
          assert.deepEqual(result.outcomes, delivered(0, 1, 2))
          assert.equal(result.relay.connections.length, 1)
          if (options.script) assertAskedOnce(result)
        })

      it('a long list of recipients, some of which are refused', async () => {
        const to = Array.from({ length: 100 }, (_, i) => `r${i}@x.test`)
        const result = await run(
          { rcpt: ({ address }) => (/^r\d*[37]@/.test(address) ? '550 5.1.1 no' : undefined) },
          options,
          [{ to }, { to }],
        )
        for (const { outcomes } of result.delivered) {
          assert.equal(outcomes.find(({ kind }) => kind === 'bounced')?.to.length, 20)
          assert.equal(outcomes.find(({ kind }) => kind === 'delivered')?.to.length, 80)
        }
        assert.deepEqual(
          result.relay.messages.map(({ rcptTo }) => rcptTo.length),
          [80, 80],
        )
      })

      it('too many recipients: the rest is deferred', async () => {
        const rcpt = ({ address }: RelayRequest) => (address.startsWith('b') ? '452 4.5.3 too many' : undefined)
        const result = await run({ rcpt }, options)
        assert.deepEqual(
          result.outcomes,
          [0, 1, 2].map((k) => `deferred b${k}, delivered a${k}`),
        )
        assert.equal(result.relay.connections.length, 1)
      })

      for (const [reply, outcome] of [
        ['550 5.7.1 no', 'bounced'],
        ['450 4.7.1 later', 'deferred'],
      ] as const) {
        it(`MAIL is answered ${reply}: that message is ${outcome}, the next goes over the same connection`, async () => {
          const result = await run({ mail: at(1, reply) }, options)
          assert.deepEqual(result.outcomes, ['delivered a0 b0', `${outcome} a1 b1`, 'delivered a2 b2'])
          assert.equal(result.relay.connections.length, 1)
          if (options.script) assertAskedOnce(result)
        })

        it(`every RCPT is answered ${reply}: reset before the next message`, async () => {
          const result = await run({ rcpt: at(1, reply) }, options)
          assert.deepEqual(result.outcomes, ['delivered a0 b0', `${outcome} a1 b1`, 'delivered a2 b2'])
          const [connection] = result.relay.connections
          assert.equal(result.relay.connections.length, 1)
          const third = connection!.commands.indexOf('MAIL FROM:<m2@example.com>')
          assert.equal(connection!.commands[third - 1], 'RSET')
          if (options.script) assertAskedOnce(result)
        })

        for (const [what, stage] of [
          ['DATA', 'data'],
          ['the end of the message', 'endOfData'],
        ] as const)
          it(`${what} is answered ${reply}: reset before the next message`, async () => {
            const result = await run({ [stage]: at(1, reply) }, options)
            assert.deepEqual(result.outcomes, ['delivered a0 b0', `${outcome} a1 b1`, 'delivered a2 b2'])
            assert.equal(result.relay.connections.length, 1)
            assert.equal(result.relay.connections[0]!.commands.filter((line) => line === 'RSET').length, 1)
          })
      }

      for (const rset of ['502 5.5.1 what?', '421 4.3.2 bye'])
        it(`RSET is answered ${rset}: the next message has a new connection`, async () => {
          const result = await run({ rcpt: at(1, '550 no'), rset }, options)
          assert.deepEqual(result.outcomes, ['delivered a0 b0', 'bounced a1 b1', 'delivered a2 b2'])
          assert.equal(result.relay.connections.length, 2)
          assert.deepEqual(result.relay.connections[0]!.commands.slice(-2), ['RSET', 'QUIT'])
          if (options.script) assertAskedOnce(result)
        })

      it('the relay server goes away instead of answering RSET: the next message has a new connection', async () => {
        for (const then of ['close', 'reset'] as const) {
          const result = await run({ rcpt: at(1, '550 no'), rset: { then } }, options)
          assert.deepEqual(result.outcomes, ['delivered a0 b0', 'bounced a1 b1', 'delivered a2 b2'])
          assert.equal(result.relay.connections.length, 2)
        }
      })
    })

  describe('LMTP', () => {
    const [A, B] = ['a1@x.test', 'b1@x.test']
    for (const [mode, options] of MODES)
      for (const [what, rcpt, endOfData, outcome] of [
        ['all are taken', undefined, undefined, 'delivered a1 b1'],
        ['the last is refused', undefined, { [B]: '550 no' }, /bounced|deferred/],
        ['one RCPT is refused', { [A]: '550 no' }, undefined, 'bounced a1, delivered b1'],
        ['none is taken', undefined, { [A]: '450 later', [B]: '450 later' }, 'deferred a1 b1'],
      ] as const)
        it(`${what}, ${mode}: the next message follows on the connection`, async () => {
          const result = await run(
            {
              lmtp: true,
              rcpt: ({ address }) => (rcpt as Record<string, string> | undefined)?.[address],
              endOfData: ({ address }) => (endOfData as Record<string, string> | undefined)?.[address],
            },
            { ...options, lmtp: true },
          )
          if (typeof outcome === 'string') assert.equal(result.outcomes[1], outcome)
          else assert.match(result.outcomes[1]!, outcome)
          assert.deepEqual([result.outcomes[0], result.outcomes[2]], delivered(0, 2))
          assert.equal(result.relay.connections.length, 1)
        })
  })
})
