/**
 * Load by smtp-source and swaks into Haraka and out to Postfix: every recipient of every message has arrived once.
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

import { until } from '../support/haraka-instance.js'
import { describeWithPostfix, openPostfixRelays, type PostfixRelays, WITHOUT_POSTFIX } from './postfix-relays.js'

const run = promisify(execFile)

const MESSAGES = 500
const SESSIONS = 10
const RECIPIENTS = 3
const CONNECTIONS = 4
const PER_CONNECTION = 50

const swaks = spawnSync('swaks', ['--version']).status === 0

describeWithPostfix(`load by smtp-source and swaks${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays

  before(async () => {
    const limits = `max_connections=${CONNECTIONS}\nmax_messages_per_connection=${PER_CONNECTION}\nidle_timeout=1s`
    relays = await openPostfixRelays(
      [
        { name: 'source', ini: limits },
        { name: 'swaks', ini: limits },
      ],
      { asSubmitted: true },
    )
  })
  after(() => relays.remove())

  /** How often a message has arrived for each address. */
  const arrivals = (domain: string): Map<string, number> => {
    const times = new Map<string, number>()
    for (const { rcptTo } of relays.mailbox.messages)
      for (const address of rcptTo)
        if (address.endsWith(`@${domain}`)) times.set(address, (times.get(address) ?? 0) + 1)
    return times
  }
  const allGone = (): boolean => relays.mail.haraka.queue().length === 0 && relays.postfix.queued() === 0

  it(`smtp-source: ${MESSAGES} messages of ${SESSIONS} sessions to ${RECIPIENTS} recipients each`, async () => {
    const { haraka } = relays.mail
    // -N: recipients that do not repeat.
    const to = ['-N', '-r', `${RECIPIENTS}`, '-f', 'load@example.com', '-t', 'u@source.test', '-l', '3000']
    await run('smtp-source', ['-s', `${SESSIONS}`, '-m', `${MESSAGES}`, ...to, `127.0.0.1:${haraka.port}`])
    const taken = [...haraka.output.matchAll(/\[core\] recipient <([^>]*@source\.test)> code=OK/g)].map(([, to]) => to!)
    assert.equal(taken.length, MESSAGES * RECIPIENTS)
    await until('everything has left the queues', allGone, 50_000)
    const times = arrivals('source.test')
    const once = new Map([...new Set(taken)].map((address) => [address, taken.filter((one) => one === address).length]))
    assert.deepEqual([...times].sort(), [...once].sort())
  })

  it('as Postfix counts it: all of it, over as few connections as the limits allow', async () => {
    await until('all connections are closed', () => sum('mail') === MESSAGES, 10_000)
    assert.equal(sum('rcpt'), MESSAGES * RECIPIENTS)
    assert.equal(sum('data'), MESSAGES)
    const sessions = relays.sessions('source')
    for (const { mail, ehlo } of sessions) {
      assert.ok(mail!.accepted <= PER_CONNECTION)
      assert.equal(ehlo!.all, 1)
    }
    assert.ok(relays.mail.mostOpen('source') <= CONNECTIONS)
    // None is closed before it is used up, but for those that are open at the end, and at a moment without work.
    assert.ok(sessions.length < MESSAGES / 10, `${sessions.length} connections`)
  })

  ;(swaks ? it : it.skip)(`swaks: messages with what it can send${swaks ? '' : ' (skipped: no swaks)'}`, async () => {
    const { port } = relays.mail.haraka
    const calls = [
      ['--to', 'plain@swaks.test'],
      ['--to', 'one@swaks.test,two@swaks.test,three@swaks.test'],
      ['--to', 'attached@swaks.test', '--attach-name', 'a.bin', '--attach', '\x01\x02 data '.repeat(1_000)],
      ['--to', 'dots@swaks.test', '--body', '.\\n..\\n.a'],
      ['--to', 'header@swaks.test', '--header', 'X-Long: a', '--add-header', 'X-Other: b'],
    ]
    for (const call of calls)
      await run('swaks', ['--server', '127.0.0.1', '--port', `${port}`, '--from', 'me@example.com', ...call])
    await until('everything has left the queues', allGone)
    assert.deepEqual(
      [...arrivals('swaks.test')].sort(),
      ['attached', 'dots', 'header', 'one', 'plain', 'three', 'two'].map((name) => [`${name}@swaks.test`, 1]),
    )
  })

  /** Over all sessions that are over. */
  const sum = (word: string): number =>
    relays.sessions('source').reduce((total, session) => total + (session[word]?.accepted ?? 0), 0)
})
