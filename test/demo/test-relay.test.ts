import assert from 'node:assert/strict'

import { type RelayRecord, TestRelay } from '../../demo/test-relay.js'
import { answer, SPECIAL_RECIPIENTS } from '../../demo/test-relay-answers.js'
import { type Talk, talk } from './smtp-talk.js'

describe('the test relay', () => {
  let relay: TestRelay
  let client: Talk
  let records: RelayRecord[]

  beforeEach(async () => {
    records = []
    relay = new TestRelay((record) => records.push(record))
    client = await talk(await relay.listen(0))
  })

  afterEach(async () => {
    await client.end()
    await relay.close()
  })

  const begin = async (): Promise<string> => {
    const ehlo = await client.say('EHLO client.example.com')
    await client.say('MAIL FROM:<a@example.com>')
    return ehlo
  }

  it('offers PIPELINING and SIZE, but neither STARTTLS nor AUTH', async () => {
    const ehlo = await begin()
    assert.match(client.greeting, /^220 /)
    assert.match(ehlo, /PIPELINING/)
    assert.match(ehlo, /SIZE/)
    assert.doesNotMatch(ehlo, /STARTTLS|AUTH/)
  })

  const REPLIES: Readonly<Record<string, string>> = {
    'refuse@example.net': '550 5.7.1 Refused, as the address asks for',
    'Defer@example.net': '451 4.3.0 Try again later, as the address asks for',
    'unknown@example.net':
      '450 4.1.1 <unknown@example.net>: Recipient address rejected: User unknown in virtual alias table',
    'full+tag@example.net': '452 4.2.2 The mailbox is full',
    'forward@example.net': '251 2.1.5 User not local; will forward to <forward@example.net>',
  }
  for (const [address, reply] of Object.entries(REPLIES)) {
    it(`says ${reply.slice(0, 9)} to ${address}, and reports it`, async () => {
      await begin()
      assert.equal(await client.say(`RCPT TO:<${address}>`), reply)
      const [record] = records
      assert.ok(record?.kind === 'recipient')
      assert.deepEqual([record.from, record.to, record.reply], ['a@example.com', address, reply])
    })
  }

  it('takes anyone else', async () => {
    await begin()
    assert.match(await client.say('RCPT TO:<refused@example.net>'), /^250 /)
    assert.deepEqual(records, [])
  })

  it('answers delay-1s@ not before a second has passed', async () => {
    await begin()
    const begun = performance.now()
    assert.match(await client.say('RCPT TO:<delay-1s@example.net>'), /^250 /)
    assert.ok(performance.now() - begun > 990)
  })

  it('has slow@ and delay-Ns@ wait, but never longer than a client would', () => {
    assert.equal(answer('slow@example.net').delayMs, 5_000)
    assert.equal(answer('delay-3s@example.net').delayMs, 3_000)
    assert.equal(answer('delay-999999s@example.net').delayMs, 50_000)
    assert.equal(answer('constructor@example.net').reply, '250 2.1.5 OK')
  })

  it('receives a message for the recipients that it took, 251 included, and says which it was', async () => {
    await begin()
    for (const to of ['one', 'refuse', 'forward']) await client.say(`RCPT TO:<${to}@example.net>`)
    assert.match(await client.say('DATA'), /^354 /)
    assert.equal(await client.say('Subject: Hello\r\n\r\nHello.\r\n.'), '250 2.0.0 OK, message 1')
    const record = records.at(-1)
    assert.ok(record?.kind === 'message')
    assert.deepEqual(record.to, ['one@example.net', 'forward@example.net'])
    assert.equal(record.bytes, 26)
    assert.equal(record.head, 'Subject: Hello\r\n\r\nHello.\r\n')
    assert.equal(record.reply, '250 2.0.0 OK, message 1')
    assert.deepEqual([record.connection, record.messageOfConnection], [1, 1])
  })

  it('numbers the messages of a connection', async () => {
    await client.say('EHLO client.example.com')
    for (let i = 0; i < 2; i++) {
      await client.say('MAIL FROM:<>')
      await client.say('RCPT TO:<one@example.net>')
      await client.say('DATA')
      await client.say('\r\n.')
    }
    const places = records.map((record) => record.kind === 'message' && record.messageOfConnection)
    assert.deepEqual(places, [1, 2])
  })

  it('tells the user of every special recipient what it really does', () => {
    for (const [to, says] of SPECIAL_RECIPIENTS) {
      const { reply, delayMs } = answer(`${to}example.net`)
      assert.ok(reply.startsWith(says.slice(0, 3)), to)
      if (delayMs > 0) assert.equal(says, `250 after ${delayMs / 1000} s`)
    }
  })
})
