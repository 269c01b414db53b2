/**
 * Reuse as Postfix itself counts it: at the end of each session it logs how many commands of each kind it got.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import { until } from '../support/haraka-instance.js'
import type { Account } from '../support/many-relays.js'
import {
  describeWithPostfix,
  openPostfixRelays,
  type PostfixCase,
  type PostfixRelays,
  type Session,
  WITHOUT_POSTFIX,
} from './postfix-relays.js'

interface ReuseCase extends PostfixCase {
  readonly messages: number
  /** Of all sessions together, accepted and sent. */
  readonly counts: Readonly<Record<string, readonly [accepted: number, all: number]>>
  /** How many sessions there are: as many, or no more than that. */
  readonly sessions: { readonly exactly?: number; readonly atMost?: number }
}

const CASES: readonly ReuseCase[] = [
  {
    name: 'one-connection',
    ini: 'max_connections=1',
    messages: 30,
    counts: { ehlo: [1, 1], mail: [30, 30], rcpt: [60, 60], data: [30, 30], quit: [1, 1] },
    sessions: { exactly: 1 },
  },
  {
    name: 'ten-each',
    ini: 'max_connections=1\nmax_messages_per_connection=10',
    messages: 40,
    counts: { ehlo: [4, 4], mail: [40, 40], rcpt: [80, 80], data: [40, 40], quit: [4, 4] },
    sessions: { exactly: 4 },
  },
  {
    name: 'recipients-each',
    ini: 'max_connections=1\nmax_recipients_per_connection=6',
    messages: 9,
    counts: { ehlo: [3, 3], mail: [9, 9], rcpt: [18, 18], data: [9, 9], quit: [3, 3] },
    sessions: { exactly: 3 },
  },
  {
    name: 'no-reuse',
    ini: 'max_connections=1\nmax_messages_per_connection=1',
    messages: 5,
    counts: { ehlo: [5, 5], mail: [5, 5], rcpt: [10, 10], data: [5, 5], quit: [5, 5] },
    sessions: { exactly: 5 },
  },
  {
    name: 'three-at-once',
    ini: 'max_connections=3',
    messages: 60,
    counts: { mail: [60, 60], rcpt: [120, 120], data: [60, 60] },
    sessions: { atMost: 3 },
  },
  {
    name: 'refused-in-between',
    server: { smtpd_recipient_restrictions: 'check_recipient_access regexp:{{/^gone/ 550 5.1.1 no such user}}' },
    ini: 'max_connections=1',
    messages: 10,
    recipients: (k) => (k % 2 === 0 ? [`gone-${k}`] : [`ann-${k}`, `gone-${k}`]),
    // A transaction without a recipient is taken back.
    counts: { ehlo: [1, 1], mail: [10, 10], rcpt: [5, 15], rset: [5, 5], data: [5, 5], quit: [1, 1] },
    sessions: { exactly: 1 },
  },
]

describeWithPostfix(`reuse as Postfix counts it${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    relays = await openPostfixRelays(CASES, { sender: 'idle_timeout=1s' })
    await relays.mail.submit()
    account = await relays.mail.settled()
    const over = ({ name }: ReuseCase): boolean =>
      relays.sessions(name).length === relays.log(name).filter((line) => line.startsWith('connect from ')).length
    await until('all sessions are over', () => CASES.every(over))
  })
  after(() => relays.remove())

  for (const { name, counts, sessions } of CASES) {
    it(name, () => {
      const found = relays.sessions(name)
      const sums = Object.keys(counts).map((word) => [word, [sum(found, word, 'accepted'), sum(found, word, 'all')]])
      assert.deepEqual(Object.fromEntries(sums), counts)
      if (sessions.exactly !== undefined) assert.equal(found.length, sessions.exactly)
      assert.ok(found.length <= (sessions.atMost ?? Infinity), `${found.length} sessions`)
    })
  }

  it('the account balances', () => assertBalanced(account.sum))
})

function sum(sessions: readonly Session[], word: string, which: 'accepted' | 'all'): number {
  return sessions.reduce((total, session) => total + (session[word]?.[which] ?? 0), 0)
}
