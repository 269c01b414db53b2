import assert from 'node:assert/strict'

import { hashedAddress, hashedWording, MOST_TEXT, plainWording } from '../../lib/journal/wording.js'

const KEY = Buffer.alloc(32, 7)
const { text, address } = hashedWording(KEY)
const joe = hashedAddress(KEY, 'joe@example.com')

describe('an address in the journal, hashed', () => {
  it('keeps its domain, and is the same in every spelling', () => {
    assert.match(joe, /^~[\da-f]{16}@example\.com$/)
    for (const same of ['joe@example.com', 'JOE@Example.com', 'joe@example.com.']) assert.equal(address(same), joe)
    assert.notEqual(hashedAddress(Buffer.alloc(32), 'joe@example.com'), joe)
    assert.equal(address(''), '')
    assert.match(address('postmaster'), /^~[\da-f]{16}$/)
    assert.match(address('joe@[192.0.2.1]'), /^~[\da-f]{16}@\[192\.0\.2\.1\]$/)
  })

  it('is found wherever it stands in a text', () => {
    const odd = hashedAddress(KEY, '"odd, one"@example.net')
    const table: [string, string][] = [
      ['nothing here', 'nothing here'],
      ['joe@example.com', joe],
      ['MAIL FROM:<joe@example.com> SIZE=10', `MAIL FROM:<${joe}> SIZE=10`],
      ['550 <joe@example.com>: joe@example.com, gone.', `550 <${joe}>: ${joe}, gone.`],
      ['To joe@example.com.', `To ${joe}.`],
      ['mailto:joe@example.com;joe@example.com', `mailto:${joe};${joe}`],
      ['RCPT TO:<"odd, one"@example.net>', `RCPT TO:<${odd}>`],
      ['for "odd, one"@example.net', `for ${odd}`],
      ['@ is at, a @ b', '@ is at, a @ b'],
      ['<jörg@exämple.com>', `<${hashedAddress(KEY, 'jörg@exämple.com')}>`],
    ]
    for (const [plain, hashed] of table) assert.equal(text(plain), hashed, plain)
  })

  it('is found where its at sign is encoded, and has the same hash there', () => {
    const hash = joe.split('@')[0] ?? ''
    const encoded = (text: string): string => `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`
    const table: [string, string][] = [
      ['mfrom;id=joe@example.com', `mfrom;${address('id=joe@example.com')}`],
      ['orcpt=rfc822;joe+40example.com', `orcpt=rfc822;${hash}+40example.com`],
      ['why?s=mfrom;joe%40example.com;ip', `why?s=mfrom;${hash}%40example.com;ip`],
      ['=?utf-8?Q?joe=40example.com?= and', `${encoded(joe)} and`],
      [`${encoded('joe')}\r\n ${encoded('@example.com')}`, encoded(joe)],
      ['joe\uff20example.com', joe],
      ['=?utf-8?q?J=C3=B6rg?=', '=?utf-8?q?J=C3=B6rg?='],
      ['call +4072 or 3=40 or 100%40', 'call +4072 or 3=40 or 100%40'],
    ]
    for (const [plain, hashed] of table) assert.equal(text(plain), hashed, plain)
  })

  it('leaves nothing of an odd local part', () => {
    const odd = [
      'To: joe.\r\n doe@example.com',
      'To: joe\r\n .doe\r\n @example.com',
      'joe(doe)@example.com',
      'joe (doe (joe)) @example.com',
      '<"joe<doe"@example.com>',
      '<"joe>doe"@example.com>',
      '"joe \\"doe"@example.com',
      'joe\\ doe@example.com',
      'joe"@example.com',
      'joe\xa0doe@example.com',
      `joe${'x'.repeat(2_500)}doe@example.com`,
      '?id=joe%40example.com&by=doe%2540example.com',
      '<@relay.example.com:joe@example.com>',
      'SRS0=ab=cd=joe.example=doe@example.com',
    ]
    for (const one of odd) {
      const hashed = text(one)
      assert.doesNotMatch(hashed, /joe|doe/, one)
      assert.match(hashed, /~[\da-f]{16}/, one)
    }
  })

  it('is not seen by half where a text is cut', () => {
    for (let filling = MOST_TEXT - 40; filling < MOST_TEXT + 10; filling++) {
      const cut = text(`${'x '.repeat(1100).slice(0, filling - 1)} joe.doe@example.com`)
      assert.ok(cut.length <= MOST_TEXT + 40)
      assert.doesNotMatch(cut, /jo/, String(filling))
    }
  })

  it('takes no time to speak of, whatever the text', () => {
    const longest = 64 * 1024
    for (const piece of ['@ ', '<', ')@', '(', '=?x?b?', 'a%40b.', '\r\n ', 'a.\r\n ', '[1@[', '"@"']) {
      text(`${piece.repeat(longest / piece.length)}z@example.com`, longest)
    }
    for (const nasty of [
      '@'.repeat(2000),
      'a@'.repeat(1000),
      `${'"'.repeat(1999)}@`,
      '<'.repeat(1999),
      '\\"@'.repeat(600),
    ]) {
      for (let i = 0; i < 20; i++) text(nasty)
    }
  })
})

describe('a text in the journal', () => {
  it('is cut behind a whole word', () => {
    const long = 'word '.repeat(1000)
    assert.equal(plainWording.text(long), `${'word '.repeat(399)}…`)
    assert.equal(plainWording.text('x'.repeat(5000)).length, MOST_TEXT)
  })
})
