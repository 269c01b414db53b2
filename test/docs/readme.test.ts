/**
 * The examples of the README, run as they stand there.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { domainToASCII, domainToUnicode } from 'node:url'

import type { RawActions } from '../../lib/core/decision.js'
import { parseSettings } from '../../lib/core/settings/parse-settings.js'
import type { MessageFacts } from '../../lib/script/port.js'
import { modified } from '../examples/example-script.js'
import { FACTS, type Opened, useFiles, usePort } from '../script/fixture.js'
import { readIni } from '../support/read-ini.js'

const README = readFileSync('README.md', 'utf8')

function blocks(language: string): string[] {
  return [...README.matchAll(/```(\w+)\n(.*?)```/gs)].flatMap(([, of, text]) => (of === language && text ? [text] : []))
}

/** A Lua example by its first line, `-- example: NAME`; '' is the one at the top. */
function example(name: string): string {
  const found = blocks('lua').find((text) => (/^-- example: (.*)$/m.exec(text)?.[1] ?? '') === name)
  assert.ok(found, `the README has an example "${name}"`)
  return found
}

/** Each of them has a test below. */
const EXAMPLES = [
  '',
  'office hours',
  'by sender',
  'urgent and perishable',
  'the provider that means 550',
  'limits by relay server',
  'what a session remembers',
  'TLS by message',
  'forwarded mail',
  'a return path for each recipient',
]

describe('the README', () => {
  const { open } = usePort()
  const file = useFiles()

  async function check(opened: Opened, header: string, facts: Partial<MessageFacts> = {}): Promise<RawActions> {
    return (await opened.session.checkFile({ ...FACTS, ...file(`${header}\r\n\r\n`), ...facts })).actions
  }

  it('has no Lua example without a test', () => {
    assert.deepEqual(
      blocks('lua').map((text) => /^-- example: (.*)$/m.exec(text)?.[1] ?? ''),
      EXAMPLES,
    )
  })

  it('shows at the top a script that does what is said there', async () => {
    const opened = open(example(''))
    assert.equal((await check(opened, 'Precedence: bulk')).Priority, 1)
    assert.equal((await check(opened, 'Subject: hello')).Priority, 50)
    const reply = '450 4.1.1 <x@example.net>: User unknown'
    assert.equal(
      await opened.session.returnCode('RCPT TO:<x@example.net>', reply, reply, 'smtp.example.net'),
      reply.replace('450 4', '550 5'),
    )
    assert.equal(await opened.session.returnCode('MAIL FROM:<>', '250 ok', '250 ok', 'smtp.example.net'), undefined)
  })

  it('holds big messages in office hours', async () => {
    for (const [hour, waits] of [
      [7, false],
      [8, true],
      [18, true],
      [19, false],
    ] as const) {
      const opened = open(`${example('office hours')}\nos.date = function() return { hour = ${hour} } end`)
      const actions = await check(opened, '', { size: 10_000_001 })
      assert.equal(actions.SkipSend, waits)
      assert.equal(actions.RetryAfter, waits ? 900 : undefined)
      assert.equal(actions.Priority, 1)
      assert.equal((await check(opened, '', { size: 10_000_000 })).SkipSend, false)
    }
  })

  it('divides messages among two senders', async () => {
    for (const [senderName, size, recipients, skips] of [
      ['letters', 50_000, 20, false],
      ['parcels', 50_000, 20, true],
      ['letters', 50_001, 1, true],
      ['parcels', 50_001, 1, false],
      ['parcels', 1_000, 21, false],
    ] as const) {
      const actions = await check(open(example('by sender'), { senderName }), '', {
        size,
        recipients: Array.from({ length: recipients }, (_, i) => `u${i}@example.net`),
      })
      assert.equal(actions.SkipSend, skips)
    }
  })

  it('gives up early on one-time codes', async () => {
    const opened = open(example('urgent and perishable'))
    const code = 'Subject: Your one-time code'
    assert.deepEqual([(await check(opened, code)).Priority, (await check(opened, code)).ForceLastTry], [100, false])
    assert.equal((await check(opened, code, { retries: 2 })).ForceLastTry, true)
    assert.equal((await check(opened, 'List-Unsubscribe: <https://example.com>')).Priority, 10)
  })

  it('rewrites what the provider means', async () => {
    const { session } = open(example('the provider that means 550'))
    const unknown = '450 4.1.1 <x@example.net>: User unknown'
    const limit = '550 5.7.1 You have reached your daily limit'
    assert.equal(
      await session.returnCode('RCPT TO:<x@example.net>', unknown, unknown, 'smtp.example.net'),
      '550 5.1.1 <x@example.net>: User unknown',
    )
    assert.match((await session.returnCode('.', limit, limit, 'smtp.example.net')) ?? '', /^450 4\.7\.1 You /)
    assert.equal(await session.returnCode('.', '250 ok', '250 ok', 'smtp.example.net'), undefined)
  })

  it('limits connections by their relay server', async () => {
    const { session } = open(example('limits by relay server'))
    assert.equal((await session.serverConnected('smtp2.example.net')).maxMessagesPerConnection, 20)
    assert.equal((await session.serverConnected('smtp1.example.net')).maxMessagesPerConnection, 500)
  })

  it('counts within a session', async () => {
    const opened = open(example('what a session remembers'))
    const priorities = []
    for (let i = 0; i < 3; i++) priorities.push((await check(opened, '')).Priority)
    assert.deepEqual(priorities, [50, 49, 48])
  })

  it('has settings without a mistake', () => {
    const env = { readSecretFile: () => ({ content: 'a secret\n' }), domainToUnicode, domainToASCII }
    const [senders, batv, journal, ...others] = blocks('ini').map((ini) => {
      const { problems, fatal, settings } = parseSettings(readIni(ini), env)
      assert.deepEqual([problems, fatal], [[], []])
      return settings
    })
    assert.deepEqual(
      senders?.senders.map(({ name }) => name),
      ['bulk', 'main'],
    )
    assert.deepEqual([batv?.batv.enabled, batv?.batv.signing?.secret.reveal()], [true, 'a secret'])
    assert.deepEqual(
      [journal?.main.journal, journal?.main.journalHeaders],
      ['log/relayout.journal', ['subject', 'precedence']],
    )
    assert.deepEqual(others, [])
  })

  it('names only files that there are', () => {
    for (const [, target = ''] of README.matchAll(/\]\(((?!http|#)[^)]+)\)/g)) {
      assert.doesNotThrow(() => readFileSync(target), target)
    }
  })

  it('chooses TLS by message', async () => {
    const { session } = open(example('TLS by message'))
    const { filename, dataStart, size } = FACTS
    const ask = async (server: string, returnPath: string) =>
      session.serverDetails({
        ...{ filename, dataStart, size, server, returnPath, authSender: '', domain: 'example.net' },
        tls: { tryTls: true, forceTls: false },
      })
    assert.deepEqual(await ask('smtp.example.net', 'joe@example.com'), { tryTls: true, forceTls: false })
    assert.deepEqual(await ask('mail.broken.example', 'joe@example.com'), { tryTls: false, forceTls: false })
    assert.deepEqual(await ask('smtp.example.net', 'ann@payroll.example.com'), { tryTls: true, forceTls: true })
  })

  it('rewrites the return path of forwarded mail', async () => {
    const opened = open(example('forwarded mail'))
    for (const ours of ['', 'joe@example.com', 'joe@Example.com', '"joe smith"@example.net', 'joe@[192.0.2.7]']) {
      assert.equal(await modified(opened, ours), undefined, ours)
    }
    // Enough different hashes for each of the four digits to be of every kind.
    for (let i = 0; i < 100; i++) {
      const path = (await modified(opened, `Joe.${i}@Example.net`)) ?? ''
      const [, hash, time] = /^SRS0=([\w+/]{4})=([A-Z2-7]{2})=(?:Example\.net=Joe\.\d+)@example\.com$/.exec(path) ?? []
      const hmac = createHmac('sha1', 'the long one that the decoder has').update(
        `${time?.toLowerCase()}example.netjoe.${i}`,
      )
      assert.equal(hash, hmac.digest('base64').slice(0, 4), path)
    }
    const atDay = async (day: number): Promise<string | undefined> =>
      modified(open(`${example('forwarded mail')}\nos.time = function() return ${day} * 86400 end`), 'joe@example.net')
    // By the test vectors of PostSRSd, 1 January 2020 is 2W.
    for (const [day, time] of [
      [18_262, '2W'],
      [20_479, '77'],
      [20_480, 'AA'],
    ] as const) {
      assert.equal((await atDay(day))?.split('=')[2], time)
    }
  })

  it('gives each recipient of a list a return path', async () => {
    const opened = open(example('a return path for each recipient'))
    assert.equal((await opened.session.started).globals.maxRecipientsPerMessage, 1)
    const list = 'list-bounces@example.com'
    const one = { recipients: ['joe+x@example.net'] }
    assert.equal(await modified(opened, list, one), 'list-bounces+joe+x=example.net@example.com')
    assert.equal(await modified(opened, 'joe@example.com', one), undefined)
    for (const recipients of [[], ['"a b"@example.net'], ['joe@[192.0.2.7]'], ['joe@example.net', 'ann@example.net']]) {
      assert.equal(await modified(opened, list, { recipients }), undefined)
    }
  })
})
