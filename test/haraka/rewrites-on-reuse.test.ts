/**
 * Replies to the second of three messages on a connection, rewritten by the script: what becomes of that message, and that
 * the third one does not notice.
 */
import assert from 'node:assert/strict'

import type { Script } from '../relay/hmail-driver.js'
import type { ScriptedRelayOptions } from '../support/scripted-relay.js'
import { assertAskedOnce, at, run, saying } from './letters.js'

describe('rewritten replies on a connection that is used again', () => {
  const M1 = 'MAIL FROM:<m1@'
  const [A1, B1] = ['RCPT TO:<a1@', 'RCPT TO:<b1@']

  interface Rewrite {
    readonly what: string
    readonly relay?: ScriptedRelayOptions
    readonly script: Script
    readonly outcome: string
    /** What the relay server took of the message. */
    readonly taken: readonly string[]
    /** Default 1. */
    readonly connections?: number
  }

  const inMessage1 = (says: Script): Script => {
    let current = -1
    return (command, full, last) => {
      current = Number(/^MAIL FROM:<m(\d)/.exec(command)?.[1] ?? current)
      return current === 1 ? says(command, full, last) : undefined
    }
  }

  const cases: Rewrite[] = [
    {
      what: 'MAIL 250 → 550, its recipients have gone ahead',
      script: saying([M1, '550 5.7.1 no']),
      outcome: 'bounced a1 b1',
      taken: [],
    },
    { what: 'MAIL 250 → 450', script: saying([M1, '450 later']), outcome: 'deferred a1 b1', taken: [] },
    { what: 'MAIL 250 → 421', script: saying([M1, '421 later']), outcome: 'deferred a1 b1', taken: [] },
    {
      what: 'MAIL 550 → 250: the relay server knows no transaction',
      relay: { mail: at(1, '550 no') },
      script: saying([M1, '250 fine']),
      outcome: 'bounced a1 b1',
      taken: [],
    },
    {
      what: 'MAIL 550 → 450',
      relay: { mail: at(1, '550 no') },
      script: saying([M1, '450 later']),
      outcome: 'deferred a1 b1',
      taken: [],
    },
    {
      what: 'MAIL 421 → 450: the connection is not used again',
      relay: { mail: at(1, '421 bye') },
      script: saying([M1, '450 later']),
      outcome: 'deferred a1 b1',
      taken: [],
      connections: 2,
    },
    {
      what: 'RCPT 250 → 450 for one',
      script: saying([A1, '450 later']),
      outcome: 'deferred a1, delivered b1',
      taken: ['b1'],
    },
    {
      what: 'RCPT 250 → 550 for one',
      script: saying([B1, '550 no']),
      outcome: 'bounced b1, delivered a1',
      taken: ['a1'],
    },
    {
      what: 'RCPT 250 → 550 for all',
      script: inMessage1(saying(['RCPT', '550 no'])),
      outcome: 'bounced a1 b1',
      taken: [],
    },
    {
      what: 'RCPT 450 → 550 for one',
      relay: { rcpt: { byAddress: { 'a1@x.test': '450 4.1.1 unknown' } } },
      script: saying([A1, '550 5.1.1 unknown']),
      outcome: 'bounced a1, delivered b1',
      taken: ['b1'],
    },
    {
      what: 'RCPT 550 → 250 for one',
      relay: { rcpt: { byAddress: { 'a1@x.test': '550 no' } } },
      script: saying([A1, '250 fine']),
      outcome: 'delivered a1 b1',
      taken: ['b1'],
    },
    {
      what: 'RCPT 550 → 250 for one and 250 → 550 for the other',
      relay: { rcpt: { byAddress: { 'a1@x.test': '550 no' } } },
      script: saying([A1, '250 fine'], [B1, '550 no']),
      outcome: 'bounced b1, delivered a1',
      taken: [],
    },
    {
      what: 'RCPT 550 → 250 for all: swallowed',
      relay: { rcpt: at(1, '550 no') },
      script: inMessage1(saying(['RCPT', '250 fine'])),
      outcome: 'delivered a1 b1',
      taken: [],
    },
    {
      what: 'RCPT 421 → 550: the connection is not used again',
      relay: { rcpt: { byAddress: { 'b1@x.test': '421 bye' } } },
      script: saying([B1, '550 no']),
      outcome: 'bounced b1, delivered a1',
      taken: ['a1'],
      connections: 2,
    },
    {
      what: 'DATA 354 → 451: closed without the message',
      script: inMessage1(saying(['DATA', '451 later'])),
      outcome: 'deferred a1 b1',
      taken: [],
      connections: 2,
    },
    {
      what: 'DATA 354 → 550: closed without the message',
      script: inMessage1(saying(['DATA', '550 no'])),
      outcome: 'bounced a1 b1',
      taken: [],
      connections: 2,
    },
    {
      what: 'DATA 550 → 354 is refused',
      relay: { data: at(1, '550 no') },
      script: inMessage1(saying(['DATA', '354 go'])),
      outcome: 'bounced a1 b1',
      taken: [],
    },
    {
      what: 'DATA 550 → 450',
      relay: { data: at(1, '550 no') },
      script: inMessage1(saying(['DATA', '450 later'])),
      outcome: 'deferred a1 b1',
      taken: [],
    },
    {
      what: 'end of data 250 → 450: sent again, as the script wants it',
      script: inMessage1(saying(['.', '450 later'])),
      outcome: 'deferred a1 b1',
      taken: ['a1', 'b1'],
    },
    {
      what: 'end of data 550 → 250',
      relay: { endOfData: at(1, '550 no') },
      script: inMessage1(saying(['.', '250 fine'])),
      outcome: 'delivered a1 b1',
      taken: [],
    },
    {
      what: 'end of data 450 → 550',
      relay: { endOfData: at(1, '450 later') },
      script: inMessage1(saying(['.', '550 no'])),
      outcome: 'bounced a1 b1',
      taken: [],
    },
    {
      what: "RSET's reply 250 → 550: the connection is not used again",
      script: inMessage1(saying(['RCPT', '550 no'], ['RSET', '550 no'])),
      outcome: 'bounced a1 b1',
      taken: [],
      connections: 2,
    },
    {
      what: "RSET's reply 502 → 250: the connection is not used again",
      relay: { rset: '502 no' },
      script: inMessage1(saying(['RCPT', '550 no'], ['RSET', '250 fine'])),
      outcome: 'bounced a1 b1',
      taken: [],
      connections: 2,
    },
    {
      what: 'the same reply in other words',
      script: inMessage1((_, full) => (/^\d+ /.test(full) ? `${full.slice(0, 3)} in other words` : undefined)),
      outcome: 'delivered a1 b1',
      taken: ['a1', 'b1'],
    },
  ]

  for (const { what, relay = {}, script, outcome, taken, connections = 1 } of cases)
    for (const pipelining of [true, false])
      it(`${what} (${pipelining ? 'pipelined' : 'one by one'})`, async () => {
        const result = await run(relay, { script, pipelining })
        assert.deepEqual(result.outcomes, ['delivered a0 b0', outcome, 'delivered a2 b2'])
        assert.deepEqual(
          result.relay.messages
            .filter(({ mailFrom }) => mailFrom.startsWith('m1@'))
            .flatMap(({ rcptTo }) => rcptTo.map((address) => address.split('@')[0])),
          taken,
        )
        assert.equal(result.relay.connections.length, connections)
        assertAskedOnce(result)
        const classChanged = !['the same reply in other words'].includes(what)
        const [first] = result.relay.connections
        const next = first!.commands.indexOf('MAIL FROM:<m2@example.com>')
        if (connections === 1 && classChanged && !/is refused|DATA 550 →/.test(what))
          assert.equal(first!.commands[next - 1], 'RSET', 'reset before the next message')
      })
})
