import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'
import { transactions } from '../support/transactions.js'

const bytes = (text: string): string => Buffer.from(text).toString('latin1')

const MESSAGES = [
  { from: 'jörg@exämple.com', to: ['änne@exämple.net', 'ann@exämple.net'], mailParameters: 'SMTPUTF8' },
  { from: 'joe@example.com', to: ['ann@example.net'] },
  { from: 'joe@exämple.com', to: ['ann@exämple.net', 'bob@exämple.net'], mailParameters: 'SMTPUTF8' },
  { from: '', to: ['ann@exämple.net'], mailParameters: 'SMTPUTF8' },
]

const OFFERED = [
  'MAIL FROM:<jörg@exämple.com> SMTPUTF8',
  'RCPT TO:<änne@exämple.net>',
  'RCPT TO:<ann@exämple.net>',
  'MAIL FROM:<joe@example.com>',
  'RCPT TO:<ann@example.net>',
  'MAIL FROM:<joe@exämple.com> SMTPUTF8',
  'RCPT TO:<ann@exämple.net>',
  'RCPT TO:<bob@exämple.net>',
  'MAIL FROM:<>',
  'RCPT TO:<ann@exämple.net>',
]

/** Domains in their ASCII form; what Haraka makes of a local part that has none is its own affair. */
const NOT_OFFERED = [
  'MAIL FROM:<joe@example.com>',
  'RCPT TO:<ann@example.net>',
  'MAIL FROM:<joe@xn--exmple-cua.com>',
  'RCPT TO:<ann@xn--exmple-cua.net>',
  'RCPT TO:<bob@xn--exmple-cua.net>',
  'MAIL FROM:<>',
  'RCPT TO:<ann@xn--exmple-cua.net>',
]

const CASES = [
  { ehlo: ['SIZE 1000000', '8BITMIME', 'SMTPUTF8'], tls: false, expected: OFFERED },
  { ehlo: ['PIPELINING', 'SMTPUTF8'], tls: true, expected: OFFERED },
  { ehlo: ['8BITMIME'], tls: false, expected: NOT_OFFERED },
  { ehlo: ['PIPELINING'], tls: true, expected: NOT_OFFERED },
]

describe('the first and the later messages on a connection', function () {
  this.timeout(60_000)

  for (const { ehlo, tls, expected } of CASES) {
    it(`see what is offered: ${ehlo.join(', ')}${tls ? ', STARTTLS' : ''}`, async () => {
      const messages = expected === OFFERED ? MESSAGES : MESSAGES.slice(1)
      const scene = await openScene({
        ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=1\nidle_timeout=30s\n`,
        relay: { ehlo, starttls: tls },
      })
      try {
        await scene.submit(...messages.map((message, i) => ({ ...message, data: plainMessage(`n${i}`) })))
        await scene.relay.waitFor(messages.length)
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        assert.equal(transactions(scene.relay.connections).length, 1)
        const [connection] = scene.relay.connections
        assert.equal(connection?.tls, tls)
        assert.deepEqual(
          connection.commands.filter((command) => /^(MAIL|RCPT) /.test(command)),
          expected.map(bytes),
        )
      } finally {
        await scene.remove()
      }
    })
  }
})
