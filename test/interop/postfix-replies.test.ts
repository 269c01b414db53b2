/**
 * What Postfix itself says at each stage, and what becomes of each recipient: 4xx keeps it in the queue, 5xx bounces it,
 * each for itself where Postfix says it of one recipient, and everybody else's mail is not touched by it.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import type { Account } from '../support/many-relays.js'
import { assertFates, type ExpectedFates, inWords, recipientsNamed } from './expected-fates.js'
import {
  describeWithPostfix,
  openPostfixRelays,
  type PostfixCase,
  type PostfixRelays,
  WITHOUT_POSTFIX,
} from './postfix-relays.js'

interface ReplyCase extends PostfixCase {
  readonly fates: ExpectedFates
  /** What Postfix says, so that the case is what its name says: in the DSNs where something bounced, else in its log. */
  readonly says?: RegExp
}

/** A regexp: table; by the beginning of the address. */
const RECIPIENTS = `
/^busy-/      450 4.2.1 mailbox busy
/^gone-/      550 5.1.1 no such user
/^odd-/       554 transaction failed, without an enhanced code
/^full-/      452 4.2.2 mailbox full
/^closing-/   421 4.3.2 this connection is closed
/^defer-/     DEFER not now
/^reject-/    REJECT not here
`

const RECIPIENT_ACCESS = 'check_recipient_access regexp:$config_directory/recipients'

/** Judged at once, and not only at the first RCPT, as is the default. */
const AT_ONCE = { smtpd_delay_reject: 'no', smtpd_helo_required: 'yes' }

/** The same restriction at one stage, with both classes of reply. */
function atStage(name: string, parameter: string, more: PostfixCase['server'] = {}): ReplyCase[] {
  const check = (reply: string): string => `check_client_access static:{${reply} at this stage}, reject`
  return [
    {
      name: `${name}-4xx`,
      server: { ...more, [parameter]: check('450 4.7.1 not now') },
      fates: { '': 'queued' },
      says: /450 4\.7\.1 .*not now at this stage/,
    },
    {
      name: `${name}-5xx`,
      server: { ...more, [parameter]: check('554 5.7.1 never') },
      fates: { '': 'bounced' },
      says: /554 5\.7\.1 .*never at this stage/,
    },
  ]
}

const CASES: readonly ReplyCase[] = [
  { name: 'nothing-special', fates: { '': 'delivered' } },
  ...atStage('greeting', 'smtpd_client_restrictions', AT_ONCE),
  ...atStage('client', 'smtpd_client_restrictions'),
  ...atStage('helo-at-once', 'smtpd_helo_restrictions', AT_ONCE),
  ...atStage('helo', 'smtpd_helo_restrictions'),
  ...atStage('mail', 'smtpd_sender_restrictions', AT_ONCE),
  ...atStage('sender', 'smtpd_sender_restrictions'),
  ...atStage('rcpt', 'smtpd_recipient_restrictions'),
  ...atStage('relay', 'smtpd_relay_restrictions'),
  ...atStage('data', 'smtpd_data_restrictions'),
  ...atStage('end-of-data', 'smtpd_end_of_data_restrictions'),
  // Postfix goes on with a transaction that these refuse: MAIL of the next message would be `503 nested`.
  ...atStage('end-of-data-reused', 'smtpd_end_of_data_restrictions').map((one) => ({
    ...one,
    ini: 'max_connections=1',
    messages: 5,
  })),
  {
    name: 'each-recipient',
    server: { smtpd_recipient_restrictions: RECIPIENT_ACCESS },
    recipients: recipientsNamed('ann', 'busy', 'gone', 'bob', 'odd', 'full', 'defer', 'reject', 'cid'),
    fates: {
      busy: 'queued',
      full: 'queued',
      defer: 'queued',
      gone: 'bounced',
      odd: 'bounced',
      reject: 'bounced',
      '': 'delivered',
    },
    says: /550 5\.1\.1 .*no such user/,
  },
  {
    name: 'each-recipient-one-by-one',
    server: { smtpd_recipient_restrictions: RECIPIENT_ACCESS },
    ini: 'pipelining=false',
    recipients: recipientsNamed('busy', 'gone', 'ann', 'full', 'reject', 'bob'),
    fates: { busy: 'queued', full: 'queued', gone: 'bounced', reject: 'bounced', '': 'delivered' },
  },
  {
    name: 'all-busy-or-gone',
    server: { smtpd_recipient_restrictions: RECIPIENT_ACCESS },
    recipients: recipientsNamed('busy', 'gone', 'reject'),
    fates: { busy: 'queued', '': 'bounced' },
  },
  {
    name: 'busy-then-refused',
    server: {
      smtpd_recipient_restrictions: RECIPIENT_ACCESS,
      smtpd_end_of_data_restrictions: 'check_client_access static:{554 5.7.1 never at the end}',
    },
    recipients: recipientsNamed('ann', 'busy'),
    fates: { busy: 'queued', ann: 'bounced' },
    says: /554 5\.7\.1 .*never at the end/,
  },
  {
    name: 'closing-in-the-middle',
    server: { smtpd_recipient_restrictions: RECIPIENT_ACCESS },
    recipients: recipientsNamed('ann', 'gone', 'closing', 'bob'),
    // Haraka alone takes back what was said of the others, and tries the one that is gone again.
    fates: { gone: 'bounced', '': 'queued' },
    says: /550 5\.1\.1 .*no such user/,
  },
  {
    name: 'unlisted',
    server: { smtpd_reject_unlisted_recipient: 'yes' },
    recipients: recipientsNamed('ann', 'nobody', 'bob', 'noone'),
    fates: { nobody: 'bounced', noone: 'bounced', '': 'delivered' },
    says: /550 5\.1\.1 .*User unknown in virtual mailbox table/,
  },
  {
    name: 'unverified',
    server: {
      smtpd_recipient_restrictions: 'reject_unverified_recipient',
      unverified_recipient_reject_code: 550,
      address_verify_poll_delay: '1s',
    },
    recipients: recipientsNamed('ann', 'unknown-to-the-mailbox'),
    messages: 1,
    fates: { unknown: 'bounced', '': 'delivered' },
    says: /550 5\.1\.1 .*Recipient address rejected: undeliverable address/,
  },
  {
    name: 'header-check',
    server: { cleanup_service_name: 'cleanup-rejects' },
    fates: { '': 'bounced' },
    says: /550 5\.7\.1 not this subject/,
  },
  {
    name: 'too-large',
    server: { message_size_limit: 2_000 },
    bytes: 4_000,
    fates: { '': 'bounced' },
    says: /552 5\.3\.4 Error: message file too big/,
  },
  {
    name: 'too-large-and-not-told',
    server: { message_size_limit: 2_000, smtpd_discard_ehlo_keywords: 'silent-discard, size' },
    bytes: 4_000,
    fates: { '': 'bounced' },
    says: /552 5\.3\.4/,
  },
  {
    name: 'disk-full',
    server: { queue_minfree: 1_000_000_000_000 },
    fates: { '': 'queued' },
    says: /452 4\.3\.1 Insufficient system storage/,
  },
]

describeWithPostfix(`what Postfix says at each stage${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    relays = await openPostfixRelays(CASES, {
      postfix: {
        virtual_mailbox_domains: 'unlisted.test',
        virtual_mailbox_maps: 'regexp:{{/^(ann|bob)-/ yes}}',
        virtual_transport: '$default_transport',
      },
      files: { recipients: RECIPIENTS, headers: '/^Subject: header-check/ REJECT not this subject\n' },
      services: ['cleanup-rejects unix n - n - 0 cleanup -o header_checks=regexp:$config_directory/headers'],
    })
    relays.mailbox.set({
      rcpt: ({ address }) => (address.startsWith('unknown-') ? '550 5.1.1 not in this mailbox' : undefined),
    })
    await relays.mail.submit()
    account = await relays.mail.settled()
  })
  after(() => relays.remove())

  const dsns = (name: string): string =>
    relays.mail.dsns.messages
      .map(({ data }) => data.toString('latin1'))
      .filter((text) => text.includes(`@${name}.test`))
      .join('\n')

  for (const one of CASES) {
    it(`${one.name}: ${inWords(one.fates)}`, () => {
      const log = relays.log(one.name).join('\n')
      assertFates(account, one, log)
      const bounced = Object.values(one.fates).includes('bounced')
      if (one.says) assert.match(bounced ? dsns(one.name) : log, one.says)
    })
  }

  it('the account balances', () => assertBalanced(account.sum))
})
