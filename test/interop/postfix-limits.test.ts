/**
 * Postfix's own limits: on recipients, rates, connections, errors and time. What it takes is delivered once, what it puts
 * off stays in the queue, and where the limits of the sender fit those of the server nothing is put off at all.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { until } from '../support/haraka-instance.js'
import type { Account } from '../support/many-relays.js'
import { assertFates, type ExpectedFates, inWords, recipientsNamed } from './expected-fates.js'
import {
  AGAIN,
  describeWithPostfix,
  openPostfixRelays,
  type PostfixCase,
  type PostfixRelays,
  WITHOUT_POSTFIX,
} from './postfix-relays.js'

interface LimitCase extends PostfixCase {
  readonly fates: ExpectedFates
  /** In Haraka's log, since Postfix does not log all that it says. */
  readonly says?: RegExp
}

const many = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word}${i}`)

const GONE_ACCESS = 'check_recipient_access regexp:{{/^gone/ 550 5.1.1 no such user}}'

/** One after the other, so that it is known whose turn it is when the limit is reached. */
const ONE_BY_ONE = 'max_connections=1'

/** Without a second attempt. */
const ONCE: readonly LimitCase[] = [
  {
    name: 'recipients',
    server: { smtpd_recipient_limit: 5 },
    recipients: recipientsNamed(...many('in', 5), ...many('over', 7)),
    fates: { over: 'queued', '': 'delivered' },
    says: /<over0-0@recipients\.test> deferred: 452 4\.5\.3 Error: too many recipients/,
  },
  {
    name: 'recipients-in-parts',
    server: { smtpd_recipient_limit: 5 },
    ini: 'max_recipients_per_message=5',
    recipients: recipientsNamed(...many('in', 12)),
    fates: { '': 'delivered' },
  },
  {
    name: 'hundreds-in-parts',
    server: { smtpd_recipient_limit: 100 },
    recipients: recipientsNamed(...many('in', 250)),
    messages: 2,
    fates: { '': 'delivered' },
  },
  {
    name: 'message-rate',
    server: { smtpd_client_message_rate_limit: 3 },
    ini: ONE_BY_ONE,
    messages: 6,
    recipients: (k) => [`${k < 3 ? 'in' : 'over'}-${k}`],
    fates: { over: 'queued', '': 'delivered' },
    says: /450 4\.7\.1 Error: too much mail from 127\.0\.0\.1/,
  },
  {
    name: 'recipient-rate',
    server: { smtpd_client_recipient_rate_limit: 4 },
    ini: ONE_BY_ONE,
    messages: 2,
    recipients: (k) => (k === 0 ? ['in0', 'in1', 'in2'] : ['in3', 'over0', 'over1']),
    fates: { over: 'queued', '': 'delivered' },
    says: /<over0@recipient-rate\.test> deferred: 450 4\.7\.1 Error: too many recipients from 127\.0\.0\.1/,
  },
  {
    name: 'connection-rate-reused',
    server: { smtpd_client_connection_rate_limit: 1 },
    ini: ONE_BY_ONE,
    messages: 6,
    fates: { '': 'delivered' },
  },
  {
    name: 'soft-errors',
    server: { smtpd_recipient_restrictions: GONE_ACCESS, smtpd_soft_error_limit: 1, smtpd_error_sleep_time: '1s' },
    recipients: recipientsNamed('gone0', 'gone1', 'ann'),
    fates: { gone: 'bounced', '': 'delivered' },
  },
  {
    name: 'hard-errors',
    server: { smtpd_recipient_restrictions: GONE_ACCESS, smtpd_hard_error_limit: 3 },
    recipients: recipientsNamed('gone0', 'gone1', 'gone2', 'ann'),
    fates: { gone: 'bounced', '': 'queued' },
    says: /421 4\.7\.0 \S+ Error: too many errors/,
  },
  {
    name: 'hard-errors-between-messages',
    server: { smtpd_recipient_restrictions: GONE_ACCESS, smtpd_hard_error_limit: 3 },
    ini: ONE_BY_ONE,
    messages: 8,
    recipients: (k) => (k % 2 === 0 ? [`gone-${k}`] : [`ann-${k}`]),
    fates: { gone: 'bounced', '': 'delivered' },
  },
  {
    name: 'junk-commands',
    server: { smtpd_junk_command_limit: 2, smtpd_hard_error_limit: 2 },
    ini: ONE_BY_ONE,
    messages: 8,
    recipients: (k) => [`waits-${k}`],
    fates: { '': 'queued' },
  },
  {
    name: 'request-deadline',
    server: { smtpd_per_request_deadline: 'yes', smtpd_timeout: '4s' },
    bytes: 2_000_000,
    fates: { '': 'delivered' },
  },
]

const SCRIPT = `
function ReturnCodeHandler(LastCommand, FullResponse)
  if sendername == 'junk-commands' and LastCommand:match('^RCPT TO:<waits') then return '450 4.2.1 not now' end
end
`

describeWithPostfix(`Postfix's limits, at the first attempt${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    relays = await openPostfixRelays(ONCE, { script: SCRIPT })
    await relays.mail.submit()
    account = await relays.mail.settled()
  })
  after(() => relays.remove())

  for (const one of ONCE) {
    it(`${one.name}: ${inWords(one.fates)}`, () => {
      const log = relays.log(one.name).join('\n')
      assertFates(account, one, log)
      if (one.says) assert.match(relays.mail.haraka.output, one.says)
    })
  }

  it('the account balances', () => assertBalanced(account.sum))

  it('a message in parts needs no connection more', () => {
    for (const name of ['recipients-in-parts', 'hundreds-in-parts']) {
      const messages = ONCE.find((one) => one.name === name)?.messages ?? 3
      const connects = relays.log(name).filter((line) => line.startsWith('connect from '))
      assert.ok(connects.length <= messages, connects.join('\n'))
    }
  })
})

/** Attempts are made until everything has left the queue. */
const UNTIL_THE_END: readonly PostfixCase[] = [
  { name: 'connections', server: { smtpd_client_connection_count_limit: 2 }, ini: 'max_connections=5', messages: 12 },
  { name: 'recipients', server: { smtpd_recipient_limit: 5 }, recipients: recipientsNamed(...many('r', 14)) },
  { name: 'idle', server: { smtpd_timeout: '1s' }, ini: `${ONE_BY_ONE}\nidle_timeout=60s`, messages: 3 },
  {
    name: 'hard-errors-first',
    server: { smtpd_recipient_restrictions: GONE_ACCESS, smtpd_hard_error_limit: 3 },
    recipients: recipientsNamed(...many('gone', 8), 'ann', 'bob'),
  },
  { name: 'max-use', ini: 'max_messages_per_connection=3', messages: 20, server: { max_use: 2 } },
]

describeWithPostfix(`Postfix's limits, to the end${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    relays = await openPostfixRelays(UNTIL_THE_END, AGAIN)
    await relays.mail.submit(0, 1, ['idle'])
    await relays.mail.submit(
      0,
      Infinity,
      UNTIL_THE_END.map(({ name }) => name).filter((name) => name !== 'idle'),
    )
    for (let k = 1; k < 3; k++) {
      await until('Postfix has closed the connection', () => timeouts().length >= k)
      await relays.mail.submit(k, k + 1, ['idle'])
    }
    account = await relays.mail.drained()
  })
  after(() => relays.remove())

  const timeouts = (): string[] => relays.log('idle').filter((line) => line.startsWith('timeout after '))

  it('every recipient was delivered or bounced, and once', () => assertBalanced(account.sum))

  it('connections: more than it takes at one time: all delivered', () => {
    assertFates(account, { ...find('connections'), fates: { '': 'delivered' } }, relays.log('connections').join('\n'))
  })

  it('recipients: in as many attempts as it takes: all delivered', () => {
    assertFates(account, { ...find('recipients'), fates: { '': 'delivered' } }, relays.log('recipients').join('\n'))
  })

  it('hard-errors-first: those behind unknown recipients get there, in as many attempts as it takes', () => {
    const fates = { gone: 'bounced', '': 'delivered' } as const
    assertFates(account, { ...find('hard-errors-first'), fates }, relays.log('hard-errors-first').join('\n'))
  })

  it('idle: a connection that Postfix closed between two messages costs the next one nothing', () => {
    assertFates(account, { ...find('idle'), fates: { '': 'delivered' } }, relays.log('idle').join('\n'))
    assert.equal(relays.log('idle').filter((line) => line.startsWith('connect from ')).length, 3)
    assert.doesNotMatch(relays.mail.haraka.output, /temp_fail.*idle\.test/)
  })
})

function find(name: string): PostfixCase {
  const found = UNTIL_THE_END.find((one) => one.name === name)
  assert.ok(found)
  return found
}
