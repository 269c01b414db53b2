import assert from 'node:assert/strict'

import { makeReply, presentedLines } from '../../lib/core/reply.js'
import { mailAddress, WireAddress, withMailAddress } from '../../lib/relay/wire-address.js'

describe('the address of a MAIL line', () => {
  it('is read and replaced, with what follows it', () => {
    const lines: [string, string, string][] = [
      ['MAIL FROM:<joe@example.com>', 'joe@example.com', 'MAIL FROM:<a@b>'],
      ['MAIL FROM:<>', '', 'MAIL FROM:<a@b>'],
      ['MAIL FROM:<"a>b"@example.com> SMTPUTF8', '"a>b"@example.com', 'MAIL FROM:<a@b> SMTPUTF8'],
      ['mail from:<joe@[192.0.2.1]> SIZE=10', 'joe@[192.0.2.1]', 'MAIL FROM:<a@b> SIZE=10'],
    ]
    for (const [line, address, other] of lines) {
      assert.equal(mailAddress(line), address)
      assert.equal(withMailAddress(line, 'a@b'), other)
    }
    assert.equal(withMailAddress('MAIL FROM:<joe@example.com>', '$&$1@b', ' SMTPUTF8'), 'MAIL FROM:<$&$1@b> SMTPUTF8')
  })
})

describe('an address on the wire', () => {
  const address = new WireAddress('MAIL FROM:<Joe$&@example.com>', 'MAIL FROM:<prvs=0123abcdef=Joe$&@example.com>')

  it('gives way to the own one, in whatever case the server repeats it', () => {
    assert.equal(address.hidden('<PRVS=0123ABCDEF=joe$&@example.com>... no'), '<Joe$&@example.com>... no')
    assert.equal(address.hidden('nothing of it'), 'nothing of it')
    const reply = makeReply(550, 'no', '5.1.8 prvs=0123abcdef=joe$&@example.com, prvs=0123abcdef=joe$&@example.com')
    assert.deepEqual(presentedLines(address.hiddenIn(reply)), [
      '550-no',
      '550 5.1.8 Joe$&@example.com, Joe$&@example.com',
    ])
  })

  it('leaves no tag where the server encodes the address, or repeats a part of it', () => {
    const tagged = new WireAddress('MAIL FROM:<joe@example.com>', 'MAIL FROM:<prvs=0123abcdef=joe@example.com>')
    const table: [string, string][] = [
      ['?s=mfrom;id=prvs%3D0123ABCDEF%3Djoe%40example.com', '?s=mfrom;id=joe%40example.com'],
      ['?id=prvs%253d0123abcdef%253djoe', '?id=joe'],
      ['rfc822;prvs+3D0123abcdef+3Djoe+40example.com', 'rfc822;joe+40example.com'],
      ['prvs=3D0123abcdef=3Djoe=40example.com', 'joe=40example.com'],
      ['prvs=0123abcdef=joe: unknown', 'joe: unknown'],
      ['prvs=joe/0123abcdef', 'prvs=joe/'],
      ['prvs=9999aaaaaa=ann@example.net', 'prvs=9999aaaaaa=ann@example.net'],
    ]
    for (const [reply, hidden] of table) assert.equal(tagged.hidden(reply), hidden)
    // Somebody else's tag is a part of the item's own address.
    const foreign = new WireAddress(
      'MAIL FROM:<prvs=0123abcdef=ann@example.net>',
      'MAIL FROM:<srs=prvs=0123abcdef=ann@b>',
    )
    assert.equal(foreign.hidden('to prvs=0123abcdef=ann@example.net'), 'to prvs=0123abcdef=ann@example.net')
  })

  it('does not grow without end where the server repeats a short one', () => {
    const short = new WireAddress(`MAIL FROM:<${'x'.repeat(200)}@example.com>`, 'MAIL FROM:<a@b>')
    assert.equal(short.hidden('a@b '.repeat(50)), `${'x'.repeat(200)}@example.com `.repeat(50))
    assert.ok(short.hidden('a@b'.repeat(20_000)).length < 25_000)
  })

  it('leaves a reply without it as it is', () => {
    const reply = makeReply(250, 'ok')
    assert.equal(address.hiddenIn(reply), reply)
  })

  it('is not there where it is the same, or the null sender', () => {
    for (const sent of ['MAIL FROM:<joe@example.com>', 'MAIL FROM:<>']) {
      const same = new WireAddress('MAIL FROM:<joe@example.com>', sent)
      const reply = makeReply(250, '<joe@example.com> <> ok')
      assert.equal(same.hiddenIn(reply), reply)
    }
  })
})
