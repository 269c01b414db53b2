/**
 * A message is the same, byte for byte, after Haraka, the plugin and Postfix. They put Received fields before it;
 * what follows these is compared.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { HARAKA } from '../support/haraka-instance.js'
import { submit } from '../support/submit.js'
import { describeWithPostfix, openPostfixRelays, type PostfixRelays, WITHOUT_POSTFIX } from './postfix-relays.js'

/** With all that Postfix would add. */
const HEADER = [
  'From: sender@example.com',
  'To: someone@example.net',
  'Subject: content',
  'Date: Mon, 05 Jan 2026 10:00:00 +0000',
  'Message-Id: <content@example.com>',
  '\r\n',
].join('\r\n')

/** Haraka itself breaks lines of more than 992 octets, unless it is told not to. */
const UNCHANGED = fs
  .readFileSync(path.join(HARAKA, 'config', 'connection.ini'), 'utf8')
  .replace('data_line_length=992', 'data_line_length=100000')

/** Each body, latin1: a character is a byte. */
const BODIES: Readonly<Record<string, string>> = {
  'plain text': 'Hello.\r\n',
  'no body': '',
  'empty lines': '\r\n\r\n\r\n',
  'dots at the beginning of lines': '.\r\n..\r\n...\r\n.a\r\n. \r\n a.\r\n.',
  'a dot alone as the last line': 'before\r\n.\r\n',
  'what looks like commands': 'QUIT\r\nRSET\r\nMAIL FROM:<x@example.com>\r\n.\r\nDATA\r\n',
  'every byte but CR and LF': `${Array.from({ length: 256 }, (_, i) => String.fromCharCode(i))
    .filter((character) => character !== '\r' && character !== '\n' && character !== '\0')
    .join('')}\r\n`,
  'UTF-8': `${Buffer.from('Grüße, 日本語, 🚚').toString('latin1')}\r\n`,
  'a line of 998 octets': `${'x'.repeat(998)}\r\n`,
  'a line of 10,000 octets': `${'y'.repeat(10_000)}\r\n`,
  'a long line with a dot first': `.${'z'.repeat(5_000)}\r\n`,
  'spaces at the end of lines': 'a  \r\nb\t\r\n \r\n',
  '300 kB in lines that begin with dots': '.0123456789abcdef\r\n'.repeat(17_000),
}

describeWithPostfix(`content through Postfix${WITHOUT_POSTFIX}`, () => {
  let relays: PostfixRelays
  const names = Object.keys(BODIES)
  before(async () => {
    const cases = ['pipelined', 'one-by-one'].map((name) => ({
      name,
      ini: `max_connections=1\npipelining=${name === 'pipelined'}`,
    }))
    relays = await openPostfixRelays(cases, { config: { 'connection.ini': UNCHANGED } })
    for (const { name } of cases) {
      const messages = names.map((what, i) => ({
        from: 'sender@example.com',
        to: [`n${i}@${name}.test`],
        data: Buffer.from(HEADER + BODIES[what]!, 'latin1'),
      }))
      await submit(relays.mail.haraka.port, messages)
    }
    await relays.mailbox.waitFor(names.length * 2)
  })
  after(() => relays.remove())

  for (const [i, name] of names.entries()) {
    it(name, () => {
      for (const how of ['pipelined', 'one-by-one']) {
        const arrived = relays.mailbox.messages.filter(({ rcptTo }) => rcptTo.includes(`n${i}@${how}.test`))
        assert.equal(arrived.length, 1)
        const text = arrived[0]!.data.toString('latin1')
        const begin = text.indexOf('From: sender@example.com\r\n')
        assert.match(text.slice(0, begin), /^(?:Received: (?:[^\r\n]*\r\n[ \t])*[^\r\n]*\r\n)+$/)
        const got = text.slice(begin)
        const wanted = HEADER + BODIES[name]!
        assert.equal(got.length, wanted.length)
        assert.ok(Buffer.from(got, 'latin1').equals(Buffer.from(wanted, 'latin1')), 'it is not the same')
      }
    })
  }
})
