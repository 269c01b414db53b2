import assert from 'node:assert/strict'

import { parseReply } from '../../lib/core/reply.js'
import { refusesSenderAddress } from '../../lib/core/sender-refusal.js'

function refuses(...lines: string[]): boolean {
  const reply = parseReply(lines)
  assert.ok(reply, lines.join())
  return refusesSenderAddress(reply)
}

describe('a refusal of MAIL', () => {
  it('speaks of the sender’s address', () => {
    const replies = [
      '501 5.1.7 Bad sender address syntax',
      '501 Syntax error in parameters or arguments',
      '553 5.1.7 <prvs=0123abcdef=joe@example.com>: address syntax error',
      '553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)',
      '553 5.7.1 <prvs=0123abcdef=joe@example.com>: Sender address rejected: not owned by user joe',
      '550 5.1.7 Invalid address',
      '550 5.1.8 Sender does not exist',
      '550 Sender verify failed',
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender: not allowed',
      '554 5.7.1 <prvs=0123abcdef=joe@example.com>: Sender address rejected: Access denied',
      '555 5.5.4 MAIL FROM malformed',
      '550 Return path is not verified',
    ]
    for (const reply of replies) assert.equal(refuses(reply), true, reply)
    assert.equal(refuses('550-5.7.1 We are sorry', '550 5.7.1 Unknown sender'), true)
  })

  it('speaks of something else', () => {
    const replies = [
      '250 2.1.0 Sender ok',
      '421 4.7.0 Sender address rejected, try again',
      '450 4.1.8 Sender address rejected: Domain not found',
      '530 5.7.0 Authentication required',
      '552 5.3.4 <prvs=0123abcdef=joe@example.com>: message size exceeds fixed limit',
      '554 5.7.1 Service unavailable; client blocked using dnsbl',
      '550 5.7.1 Relaying denied',
      '503 5.5.1 nested MAIL command',
      '550 5.5.0 sender is over its quota',
    ]
    for (const reply of replies) assert.equal(refuses(reply), false, reply)
  })
})
