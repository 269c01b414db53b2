/**
 * Exim as the relay server: what it says of recipients, its limits, reuse and content.
 */
import { assertBalanced } from '../accounting/ledger.js'
import assert from 'node:assert/strict'

import { seeDelivered } from '../accounting/sightings.js'
import { freePort } from '../../demo/ports.js'
import { findExim } from '../support/exim.js'
import { type Account, type ManyRelays, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { type EximRelay, startEximRelay } from './exim-relay.js'
import { assertFates, type ExpectedFates, inWords, recipientsNamed } from './expected-fates.js'

interface EximCase extends Omit<RelayCase, 'relay' | 'port'> {
  readonly fates: ExpectedFates
}

const CASES: readonly EximCase[] = [
  { name: 'plain', fates: { '': 'delivered' } },
  { name: 'one-by-one', ini: 'pipelining=false', fates: { '': 'delivered' } },
  {
    name: 'each-recipient',
    recipients: recipientsNamed('ann', 'busy', 'gone', 'bob'),
    fates: { busy: 'queued', gone: 'bounced', '': 'delivered' },
  },
  { name: 'all-gone', recipients: recipientsNamed('gone', 'gone-too'), fates: { '': 'bounced' } },
  {
    name: 'too-many',
    messages: 1,
    recipients: recipientsNamed(...Array.from({ length: 20 }, (_, i) => `in${i}`), 'over0', 'over1', 'over2'),
    fates: { over: 'queued', '': 'delivered' },
  },
  {
    name: 'too-many-in-parts',
    ini: 'max_recipients_per_message=20',
    recipients: recipientsNamed(...Array.from({ length: 50 }, (_, i) => `r${i}`)),
    fates: { '': 'delivered' },
  },
  { name: 'too-large', bytes: 120_000, fates: { '': 'bounced' } },
  { name: 'reused', ini: 'max_connections=1', messages: 20, fates: { '': 'delivered' } },
]

const RCPT = [
  'defer local_parts = ^busy',
  '      message = mailbox busy',
  'deny local_parts = ^gone',
  '     message = no such user',
]

const exim = process.getuid?.() === 0 ? findExim() : undefined
const title = exim?.version ?? '(skipped: no Exim that runs, or not root; test/support/fetch-exim.sh gets one)'

;(exim ? describe : describe.skip)(`Exim ${title} as the relay server`, () => {
  let relay: EximRelay
  let mailbox: ScriptedRelay
  let mail: ManyRelays
  let account: Account

  before(async () => {
    assert.ok(exim)
    mailbox = await startScriptedRelay({ lmtp: true })
    const port = await freePort()
    const main = ['recipients_max = 20', 'message_size_limit = 100K']
    relay = await startEximRelay(exim, { port, lmtpPort: mailbox.port, main, rcpt: RCPT })
    mail = await openManyRelays(
      CASES.map((one) => ({ ...one, port })),
      { elsewhere: { see: (ledger) => seeDelivered(ledger, mailbox), idle: () => relay.queued() === 0 } },
    )
    await mail.submit()
    account = await mail.settled()
  })
  after(async () => {
    await mail.remove()
    await relay.remove()
    await mailbox.close()
    exim?.remove()
  })

  for (const one of CASES) {
    it(`${one.name}: ${inWords(one.fates)}`, () => assertFates(account, one, relay.log().slice(-3_000)))
  }

  it('the account balances', () => assertBalanced(account.sum))

  it('one connection carries many messages', () => {
    const connected = mail.haraka.output.match(/\[relayout\] connected sender=reused /g) ?? []
    assert.equal(connected.length, 1)
  })
})
