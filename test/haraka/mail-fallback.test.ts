/**
 * MAIL with another address than Haraka's, and once more with Haraka's own: real hmail, real relay server, with MAIL and
 * RCPT in one write and without.
 */
import assert from 'node:assert/strict'

import type { Reply } from '../../lib/core/reply.js'
import type { MailPlan } from '../../lib/relay/mail-opening.js'
import { mailAddress, withMailAddress } from '../../lib/relay/wire-address.js'
import type { RelayRequest, ScriptedRelayOptions } from '../support/scripted-relay.js'
import { delivered, run } from './letters.js'
import type { LinkDriverOptions } from './link-driver.js'

const TAG = 'prvs=0123abcdef='
const REFUSAL = '553 5.1.7 bad sender address syntax'

const refusesTags = ({ address }: RelayRequest): string | undefined => (address.startsWith(TAG) ? REFUSAL : undefined)

interface Trial {
  readonly log: string[]
  plan(line: string): MailPlan
}

/** Tags every message as long as no server has refused it. */
function trial(fallback = true): Trial {
  const log: string[] = []
  let refused = false
  return {
    log,
    plan: (line) => ({
      mailLine: refused ? line : withMailAddress(line, TAG + mailAddress(line)),
      ...(fallback && !refused
        ? {
            fallback: {
              refused: (refusal: Reply) => {
                refused = true
                log.push(`tried ${refusal.code}`)
                return line
              },
              answered: (accepted: boolean) => {
                refused = accepted
                log.push(`answered ${accepted}`)
              },
            },
          }
        : {}),
    }),
  }
}

const MODES: [string, Omit<LinkDriverOptions, 'port'>][] = [
  ['pipelined', {}],
  ['pipelined, under a script', { script: () => undefined }],
  ['one by one', { pipelining: false }],
  ['one by one, under a script', { pipelining: false, script: () => undefined }],
]

describe('MAIL with another address', () => {
  for (const [mode, options] of MODES) {
    const messages = (trial: Trial, late = false) =>
      [0, 1, 2].map(() => ({
        returnPath: late
          ? async (line: string) => Promise.resolve(trial.plan(line))
          : (line: string) => trial.plan(line),
      }))
    const mails = (commands: readonly string[]): string[] =>
      commands.filter((command) => /^(MAIL|RSET)/.test(command)).map((command) => command.replace('MAIL FROM:', ''))

    describe(mode, () => {
      for (const packets of ['plain', 'bytes', 'joined'] as const)
        for (const late of [false, true])
          it(`goes on with Haraka's own when it is refused, replies come ${packets}${late ? ', known late' : ''}`, async () => {
            const tagging = trial()
            const relay: ScriptedRelayOptions = { mail: refusesTags, packets }
            const result = await run(relay, options, messages(tagging, late))
            assert.deepEqual(result.outcomes, delivered(0, 1, 2))
            assert.deepEqual(tagging.log, ['tried 553', 'answered true'])
            assert.equal(result.relay.connections.length, 1)
            assert.deepEqual(mails(result.relay.connections[0]!.commands).slice(0, 5), [
              `<${TAG}m0@example.com>`,
              'RSET',
              '<m0@example.com>',
              '<m1@example.com>',
              '<m2@example.com>',
            ])
            assert.deepEqual(
              result.relay.messages.map(({ rcptTo }) => rcptTo.length),
              [2, 2, 2],
            )
          })

      it('is accepted: nothing else is sent', async () => {
        const tagging = trial()
        const result = await run({}, options, messages(tagging))
        assert.deepEqual(result.outcomes, delivered(0, 1, 2))
        assert.deepEqual(tagging.log, [])
        assert.deepEqual(
          mails(result.relay.connections[0]!.commands),
          [0, 1, 2].map((k) => `<${TAG}m${k}@example.com>`),
        )
      })

      it('is refused like Haraka’s own: that refusal is what Haraka is told', async () => {
        const tagging = trial()
        const mail = ({ address }: RelayRequest): string =>
          address.startsWith(TAG) ? REFUSAL : '550 5.7.1 nobody from there'
        const result = await run({ mail }, options, messages(tagging).slice(0, 1))
        assert.deepEqual(result.outcomes, ['bounced a0 b0'])
        assert.match(result.delivered[0]!.protocol.join('\n'), /S: 550 5\.7\.1 nobody from there/)
        assert.deepEqual(tagging.log, ['tried 553', 'answered false'])
      })

      it('is refused for another reason: nothing else is tried', async () => {
        const tagging = trial()
        const result = await run({ mail: '550 5.7.1 blocked by policy' }, options, messages(tagging).slice(0, 1))
        assert.deepEqual(result.outcomes, ['bounced a0 b0'])
        assert.deepEqual(tagging.log, [])
      })

      describe('is refused only at RCPT', () => {
        const SENDER = '553 5.7.1 Sender address rejected: not owned by user m'
        const tagged = ({ connection }: RelayRequest): boolean =>
          connection.commands.findLast((command) => command.startsWith('MAIL'))!.includes(TAG)
        const atRcpt = (request: RelayRequest): string | undefined => (tagged(request) ? SENDER : undefined)

        for (const packets of ['plain', 'bytes', 'joined'] as const)
          it(`goes on with Haraka's own, replies come ${packets}`, async () => {
            const tagging = trial()
            const result = await run({ rcpt: atRcpt, packets }, options, messages(tagging))
            assert.deepEqual(result.outcomes, delivered(0, 1, 2))
            assert.deepEqual(tagging.log, ['tried 553', 'answered true'])
            assert.equal(result.relay.connections.length, 1)
            const [connection] = result.relay.connections
            assert.deepEqual(mails(connection!.commands).slice(0, 3), [
              `<${TAG}m0@example.com>`,
              'RSET',
              '<m0@example.com>',
            ])
            assert.deepEqual(
              result.relay.messages.map(({ rcptTo }) => rcptTo.length),
              [2, 2, 2],
            )
          })

        it('for the same reason as Haraka’s own: that refusal is what Haraka is told', async () => {
          const tagging = trial()
          const rcpt = (request: RelayRequest): string =>
            tagged(request) ? SENDER : '550 5.7.1 sender not allowed here'
          const result = await run({ rcpt }, options, messages(tagging).slice(0, 1))
          assert.deepEqual(result.outcomes, ['bounced a0 b0'])
          assert.equal(result.delivered[0]!.protocol.filter((line) => line.includes('not allowed here')).length, 2)
          assert.deepEqual(tagging.log, ['tried 553', 'answered false'])
        })

        it('and MAIL with Haraka’s own is refused: each recipient has that refusal', async () => {
          const tagging = trial()
          const mail = ({ address }: RelayRequest) =>
            address.startsWith(TAG) ? undefined : '550 5.7.1 nobody from there'
          const result = await run({ mail, rcpt: atRcpt }, options, messages(tagging).slice(0, 1))
          assert.deepEqual(result.outcomes, ['bounced a0 b0'])
          assert.equal(result.delivered[0]!.protocol.filter((line) => line.includes('nobody from there')).length, 2)
          assert.deepEqual(tagging.log, ['tried 553', 'answered false'])
        })

        it('for the sake of a later recipient alone: that one is refused', async () => {
          const tagging = trial()
          const rcpt = (request: RelayRequest) => (request.address.startsWith('b') ? atRcpt(request) : undefined)
          const result = await run({ rcpt }, options, messages(tagging).slice(0, 1))
          assert.deepEqual(result.outcomes, ['bounced b0, delivered a0'])
          assert.deepEqual(tagging.log, [])
        })

        it('for the recipient’s sake: that one is refused', async () => {
          const tagging = trial()
          const rcpt = ({ address }: RelayRequest) =>
            address.startsWith('a') ? '553 5.1.1 mailbox name not allowed' : undefined
          const result = await run({ rcpt }, options, messages(tagging).slice(0, 1))
          assert.deepEqual(result.outcomes, ['bounced a0, delivered b0'])
          assert.deepEqual(tagging.log, [])
        })
      })

      it('is refused, and so is RSET: the message waits, and goes without it then', async () => {
        const tagging = trial()
        const tagged = ({ connection }: RelayRequest): boolean =>
          connection.commands.findLast((command) => command.startsWith('MAIL'))!.includes(TAG)
        const result = await run(
          {
            rcpt: (request) => (tagged(request) ? '550 5.7.1 Sender address rejected' : undefined),
            rset: '502 5.5.1 not here',
          },
          options,
          messages(tagging).slice(0, 2),
        )
        assert.deepEqual(result.outcomes, ['deferred a0 b0', 'delivered a1 b1'])
        assert.deepEqual(tagging.log, ['tried 550'])
      })

      it('is refused, and the connection is closed over it: the message goes to the next server', async () => {
        const tagging = trial()
        const mail = ({ address }: RelayRequest) =>
          address.startsWith(TAG) ? { reply: REFUSAL, then: 'close' as const } : undefined
        const result = await run({ mail }, options, messages(tagging).slice(0, 1))
        assert.deepEqual(result.outcomes, ['next relay server a0 b0'])
        assert.deepEqual(tagging.log, ['tried 553'])
      })
    })
  }

  describe('is not in the log, whatever the relay server says', () => {
    const mailOf = ({ connection }: RelayRequest): string =>
      connection.commands.findLast((command) => command.startsWith('MAIL'))!

    for (const pipelining of [true, false])
      it(`of it to a later message, pipelining = ${pipelining}`, async () => {
        const tagging = trial(false)
        const mail = ({ address }: RelayRequest) =>
          address.includes('m1') ? `421 4.7.0 <${address}>: too many messages from there` : undefined
        const result = await run(
          { mail },
          { pipelining },
          [0, 1].map(() => ({ returnPath: (line: string) => tagging.plan(line) })),
        )
        assert.deepEqual(result.outcomes, ['delivered a0 b0', 'next relay server a1 b1'])
        assert.match(result.driver.log.join('\n'), /close .*<m1@example\.com>: too many messages/)
        assert.doesNotMatch(result.driver.log.join('\n'), /prvs=/)
      })

    it('of it to those that went ahead, when Haraka’s own is on its way', async () => {
      const tagging = trial()
      const rcpt = (request: RelayRequest): string | undefined =>
        mailOf(request).includes(TAG) ? `550 5.7.1 ${mailOf(request)}: Sender address rejected` : undefined
      const script = (command: string, full: string): string | undefined =>
        command.startsWith('RCPT TO:<b') && full.startsWith('550') ? '450 4.7.1 later' : undefined
      const result = await run({ rcpt }, { script }, [{ returnPath: (line) => tagging.plan(line) }])
      assert.deepEqual(result.outcomes, delivered(0))
      assert.match(result.driver.log.join('\n'), /rewrite .*<m0@example\.com>: Sender address rejected/)
      assert.doesNotMatch(result.driver.log.join('\n'), /prvs=/)
    })
  })

  it('what the script makes of the refusal stands', async () => {
    const tagging = trial()
    const script = (command: string): string | undefined =>
      command.startsWith('MAIL') ? '450 4.1.7 not today' : undefined
    const result = await run({ mail: refusesTags }, { script }, [{ returnPath: (line) => tagging.plan(line) }])
    assert.deepEqual(result.outcomes, ['deferred a0 b0'])
    assert.deepEqual(tagging.log, [])
  })
})
