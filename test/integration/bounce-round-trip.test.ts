/**
 * Out with a tag, back as a bounce: one Haraka sends, a relay server takes the message and returns it to the address
 * that it was given, and the same Haraka takes the bounce in.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { talk } from '../demo/smtp-talk.js'
import { HarakaInstance } from '../support/haraka-instance.js'
import { startScriptedRelay, type ScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage, submit } from '../support/submit.js'

const USER = 'joe.b@example.com'

/** client.… may relay; mail from elsewhere for example.com is ours, and comes to its mailboxes. */
const LOCAL = `
exports.hook_ehlo = (next, connection, host) => { connection.relaying = host.startsWith('client.'); next() }
exports.hook_rcpt = (next, connection, [rcpt]) =>
  connection.relaying || rcpt.address.toLowerCase() === '${USER}' ? next(OK) : next(DENY, 'no such user here')
exports.hook_queue = function (next, { transaction, relaying }) {
  this.lognotice('mailbox ' + JSON.stringify(transaction.rcpt_to.map((rcpt) => rcpt.address)))
  next(OK)
}`

/** The clock so many days ahead. */
const CLOCK = `
const ahead = DAYS * 86_400_000
const Real = Date
globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length > 0) super(...args)
    else super(Real.now() + ahead)
  }
  static now() { return Real.now() + ahead }
}`

/** What the relay server says when it gives the message back. */
const REPORT = [
  'From: MAILER-DAEMON@mx.example.net',
  'To: joe.b@example.com',
  'Subject: Undelivered Mail Returned to Sender',
  'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
  'MIME-Version: 1.0',
  '',
  '--x',
  'Content-Type: message/delivery-status',
  '',
  'Final-Recipient: rfc822; ann@example.net',
  'Action: failed',
  'Status: 5.1.1',
  '--x--',
  '',
].join('\r\n')

/** The last reply to the bounce. */
async function bounce(haraka: HarakaInstance, to: string): Promise<string> {
  const smtp = await talk(haraka.port)
  await smtp.say('EHLO mx.example.net')
  await smtp.say('MAIL FROM:<>')
  let reply = await smtp.say(`RCPT TO:<${to}>`)
  if (reply.startsWith('250')) {
    assert.match(await smtp.say('DATA'), /^354/)
    reply = await smtp.say(`${REPORT}.`)
  }
  await smtp.say('QUIT')
  await smtp.end()
  return reply
}

describe('a bounce', function () {
  this.timeout(60_000)
  let relay: ScriptedRelay
  let haraka: HarakaInstance
  let folder: string

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-clock-'))
    relay = await startScriptedRelay()
    haraka = await HarakaInstance.create({
      ini:
        `[sender.main]\nhost=127.0.0.1:${relay.port}\n` +
        '[batv]\nenabled=true\nsecret_file=relayout.batv\nkey=4\nrequire=true\ndomains=example.com\n',
      plugins: { local: LOCAL },
      config: { 'relayout.batv': 'a secret that is in no other file\n' },
      env: { NODE_OPTIONS: `--require ${path.join(folder, 'clock.cjs')}` },
    })
    // Not the plugin that accepts all recipients.
    haraka.write('config/plugins', 'local\nrelayout\n')
  })

  after(async () => {
    await haraka.remove()
    await relay.close()
    fs.rmSync(folder, { recursive: true })
  })

  async function start(daysAhead: number): Promise<void> {
    await haraka.stop()
    fs.writeFileSync(path.join(folder, 'clock.cjs'), CLOCK.replace('DAYS', String(daysAhead)))
    await haraka.start()
  }

  it('comes back to who sent the message, and to nobody else', async () => {
    await start(0)
    await submit(haraka.port, [{ from: USER, to: ['ann@example.net'], data: plainMessage('out') }])
    await relay.waitFor(1)
    const { mailFrom } = relay.messages[0]!
    assert.match(mailFrom, /^prvs=4\d{3}[\da-f]{6}=joe\.b@example\.com$/)

    assert.match(await bounce(haraka, mailFrom), /^250/)
    assert.equal((await haraka.waitForLog(/mailbox (.*)/))[1], `["${USER}"]`)
    // As some relays write it.
    assert.match(await bounce(haraka, mailFrom.replace('prvs', 'PRVS').replace('example.com', 'Example.COM')), /^250/)

    const forged = mailFrom.replace(/[\da-f]=/, (digit) => (digit === '0=' ? '1=' : '0='))
    assert.match(await bounce(haraka, forged), /^550 5\.7\.1 .*tag that was not made here/)
    assert.match(await bounce(haraka, mailFrom.replace('joe.b', 'ann.b')), /^550 5\.7\.1 .*tag that was not made here/)
    assert.match(await bounce(haraka, USER), /^550 5\.7\.1 .*this one has none/)
  })

  it('comes back for a week, and is refused when it comes again after eight days', async () => {
    const { mailFrom } = relay.messages[0]!
    await start(6.5)
    assert.match(await bounce(haraka, mailFrom), /^250/)
    await start(8)
    const from = haraka.output.length
    assert.match(await bounce(haraka, mailFrom), /^550 5\.7\.1 .*expired/)
    await haraka.waitForLog(
      /\[NOTICE\] \[[\w.-]+\] \[relayout\] bounce refused=expired recipient=.* ip=127\.0\.0\.1/,
      from,
    )
    assert.ok(!haraka.output.includes('a secret that'))

    await submit(haraka.port, [{ from: USER, to: ['ann@example.net'], data: plainMessage('out again') }])
    await relay.waitFor(2)
    assert.match(await bounce(haraka, relay.messages[1]!.mailFrom), /^250/)
  })
})
