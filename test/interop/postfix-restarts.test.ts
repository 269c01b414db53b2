/**
 * Postfix is reloaded and stopped while mail goes to it: nothing is lost, and nothing is there twice but where
 * Postfix had a message and its reply to it can not have been read.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { until } from '../support/haraka-instance.js'
import { AGAIN, describeWithPostfix, openPostfixRelays, type PostfixRelays, WITHOUT_POSTFIX } from './postfix-relays.js'

const MESSAGES = 120

describeWithPostfix(`Postfix reloaded and stopped in the middle${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays

  before(async () => {
    const cases = [{ name: 'restarts', ini: 'max_messages_per_connection=20', messages: MESSAGES, bytes: 2_000 }]
    relays = await openPostfixRelays(cases, {
      ...AGAIN,
      // After a reload Postfix's own queue keeps, for a time, messages that it has delivered.
      idle: ({ mailbox }) => new Set(mailbox.messages.flatMap(({ rcptTo }) => rcptTo)).size === 2 * MESSAGES,
    })
  })
  after(() => relays.remove())

  it(`${MESSAGES} messages arrive all the same`, async () => {
    const { postfix, mail, mailbox } = relays
    const arrived = (count: number): Promise<void> =>
      until(`${count} messages have arrived`, () => mailbox.messages.length >= count).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${postfix.log().slice(-4_000)}\n${mail.haraka.output.slice(-2_000)}`)
      })
    const submitted = mail.submit()
    await arrived(15)
    postfix.reload()
    await arrived(40)
    postfix.reload()
    await arrived(60)
    postfix.stop()
    postfix.startAgain()
    await submitted
    const account = await mail.drained()
    assertBalanced(account.sum)
    for (let k = 0; k < MESSAGES; k++) assert.match(account.fateOf('restarts', k), /^delivered/)
  })
})
