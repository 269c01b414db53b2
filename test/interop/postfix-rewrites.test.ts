/**
 * ReturnCodeHandler rewrites what Postfix really said: what becomes of each recipient, what the DSN says, and that the
 * connection goes on to carry mail.
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

interface RewriteCase extends PostfixCase {
  readonly fates: ExpectedFates
  /** In the DSNs, or else in Haraka's log. */
  readonly says?: RegExp
}

const RECIPIENTS = 'check_recipient_access regexp:{{/^busy/ 450 4.2.1 mailbox busy} {/^gone/ 550 5.1.1 no such user}}'

const atTheEnd = (reply: string): string => `check_client_access static:{${reply} at the end}`

/** One for each sender, by its name. */
const SCRIPT = String.raw`
local rules = {
  ['rcpt-to-5xx'] = function(command, reply)
    if reply:match('^450') then return '550 5.2.1 busy for too long' end
  end,
  ['rcpt-to-4xx'] = function(command, reply)
    if reply:match('^550') then return '450 4.1.1 perhaps tomorrow' end
  end,
  ['rcpt-swapped'] = function(command, reply)
    if reply:match('^450') then return '550 5.2.1 busy for too long' end
    if reply:match('^550') then return '450 4.1.1 perhaps tomorrow' end
  end,
  ['rcpt-taken-back'] = function(command, reply)
    if command:match('^RCPT TO:<not') then return '550 5.7.1 not to this one' end
  end,
  ['end-to-5xx'] = function(command, reply)
    if command == '.' then return '554 5.7.1 no further attempt' end
  end,
  ['end-to-4xx'] = function(command, reply)
    if command == '.' then return '451 4.7.1 once more' end
  end,
  ['mail-to-4xx'] = function(command, reply)
    if command:match('^MAIL') then return '451 4.7.1 another sender, another day' end
  end,
  ['data-to-4xx'] = function(command, reply)
    if command == 'DATA' then return '451 4.7.1 not now' end
  end,
  ['greeting-to-4xx'] = function(command, reply)
    if command == '' then return '450 4.7.1 not at this hour' end
  end,
}
function ReturnCodeHandler(LastCommand, FullResponse)
  local rule = rules[sendername]
  if rule then return rule(LastCommand, FullResponse) end
end
`

const CASES: readonly RewriteCase[] = [
  {
    name: 'rcpt-to-5xx',
    server: { smtpd_recipient_restrictions: RECIPIENTS },
    recipients: recipientsNamed('ann', 'busy', 'gone', 'bob'),
    fates: { busy: 'bounced', gone: 'bounced', '': 'delivered' },
    says: /Diagnostic-Code: smtp;550 5\.2\.1 busy for too long/,
  },
  {
    name: 'rcpt-to-4xx',
    server: { smtpd_recipient_restrictions: RECIPIENTS },
    recipients: recipientsNamed('gone', 'ann', 'busy', 'bob'),
    fates: { busy: 'queued', gone: 'queued', '': 'delivered' },
  },
  {
    name: 'rcpt-swapped',
    server: { smtpd_recipient_restrictions: RECIPIENTS },
    ini: 'pipelining=false',
    recipients: recipientsNamed('gone', 'ann', 'busy'),
    fates: { busy: 'bounced', gone: 'queued', '': 'delivered' },
    says: /Diagnostic-Code: smtp;550 5\.2\.1 busy for too long/,
  },
  {
    name: 'rcpt-taken-back',
    recipients: recipientsNamed('ann', 'not-this', 'bob'),
    fates: { not: 'bounced', '': 'delivered' },
    says: /Diagnostic-Code: smtp;550 5\.7\.1 not to this one/,
  },
  {
    name: 'end-to-5xx',
    server: { smtpd_end_of_data_restrictions: atTheEnd('450 4.7.1 not now') },
    fates: { '': 'bounced' },
    says: /Diagnostic-Code: smtp;554 5\.7\.1 no further attempt/,
  },
  {
    name: 'end-to-4xx',
    server: { smtpd_end_of_data_restrictions: atTheEnd('554 5.7.1 never') },
    fates: { '': 'queued' },
  },
  {
    name: 'mail-to-4xx',
    server: { smtpd_delay_reject: 'no', smtpd_sender_restrictions: 'check_client_access static:{550 5.7.1 not you}' },
    fates: { '': 'queued' },
  },
  { name: 'data-to-4xx', fates: { '': 'queued' } },
  { name: 'greeting-to-4xx', fates: { '': 'queued' } },
]

describeWithPostfix(`Postfix's replies rewritten${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    relays = await openPostfixRelays(CASES, { script: SCRIPT, sender: 'max_connections=1' })
    await relays.mail.submit()
    account = await relays.mail.settled()
  })
  after(() => relays.remove())

  for (const one of CASES) {
    it(`${one.name}: ${inWords(one.fates)}`, () => {
      assertFates(account, one, relays.log(one.name).join('\n'))
      const dsns = relays.mail.dsns.messages.map(({ data }) => data.toString('latin1'))
      if (one.says) assert.match(dsns.filter((text) => text.includes(`@${one.name}.test`)).join(''), one.says)
    })
  }

  it('the account balances', () => assertBalanced(account.sum))

  it('one connection carries all of it, whatever was rewritten', () => {
    for (const name of ['rcpt-to-5xx', 'rcpt-to-4xx', 'rcpt-swapped', 'end-to-5xx', 'end-to-4xx']) {
      const connects = relays.log(name).filter((line) => line.startsWith('connect from '))
      assert.equal(connects.length, 1, `${name}: ${connects.length} connections`)
    }
  })
})
