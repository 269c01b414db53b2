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

  it('is not seen by half where a text is cut', () => {
    for (let filling = MOST_TEXT - 40; filling < MOST_TEXT + 10; filling++) {
      const cut = text(`${'x '.repeat(1100).slice(0, filling - 1)} joe.doe@example.com`)
      assert.ok(cut.length <= MOST_TEXT + 40)
      assert.doesNotMatch(cut, /jo/, String(filling))
    }
  })

  it('takes no time to speak of, whatever the text', () => {
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
