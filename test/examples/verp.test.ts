/** examples/verp.lua: the return paths of lists, as it stands and with its commented signature. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

import { type Opened, usePort } from '../script/fixture.js'
import { assertIsPath, bytes, example, modified } from './example-script.js'

const LIST = 'list-bounces@example.com'
const SECRET = 'not the one of anybody: 0123456789'

/** With the commented code, which is the paragraph that begins with the secret. */
function signed(secret = SECRET): string {
  return example('verp.lua')
    .replace(/^-- local secret.*\n(?:--.*\n)+/m, (paragraph) => paragraph.replace(/^-- /gm, ''))
    .replace('local secret = ""', `local secret = "${secret}"`)
}

describe('examples/verp.lua', () => {
  const { open, prints } = usePort()

  async function toOne(recipient: string, returnPath = LIST, opened = open(example('verp.lua'))): Promise<string> {
    const path = await modified(opened, returnPath, { recipients: [recipient] })
    opened.session.close()
    assert.ok(path !== undefined, `${returnPath} to ${recipient} becomes variable`)
    assertIsPath(path)
    return path
  }

  async function untouched(opened: Opened, returnPath: string, recipients: string[]): Promise<void> {
    assert.equal(await modified(opened, returnPath, { recipients }), undefined, `${returnPath} to ${recipients.join()}`)
  }

  it('writes the recipient into the return path of a list', async () => {
    assert.equal(await toOne('joe@example.net'), 'list-bounces+joe=example.net@example.com')
    assert.equal(await toOne('joe@example.net', 'News-Bounces@Example.com'), 'News-Bounces+joe=example.net@Example.com')
    assert.equal(await toOne('a+b=c@example.net'), 'list-bounces+a+b=c=example.net@example.com')
    assert.equal(await toOne(bytes('Jörg@example.net')), bytes('list-bounces+Jörg=example.net@example.com'))
  })

  it('starts from the address without a BATV tag', async () => {
    const opened = open(example('verp.lua'))
    const facts = { recipients: ['joe@example.net'], computed: `prvs=0123abcdef=${LIST}` }
    assert.equal(await modified(opened, LIST, facts), 'list-bounces+joe=example.net@example.com')
    opened.session.close()
  })

  it('leaves all other mail alone, and transactions with more than one recipient', async () => {
    const opened = open(example('verp.lua'))
    await untouched(opened, '', ['joe@example.net'])
    await untouched(opened, 'joe@example.com', ['joe@example.net'])
    await untouched(opened, 'list-bounces@example.org', ['joe@example.net'])
    await untouched(opened, 'xlist-bounces@example.com', ['joe@example.net'])
    await untouched(opened, LIST, [])
    await untouched(opened, LIST, ['joe@example.net', 'ann@example.net'])
    opened.session.close()
    assert.deepEqual(opened.printed, [])
  })

  it('looks at the recipients of the transaction, whoever else the message goes to', async () => {
    const opened = open(example('verp.lua'))
    const facts = { recipients: ['joe@example.net'], allRecipients: ['joe@example.net', 'ann@example.net'] }
    assert.equal(await modified(opened, LIST, facts), 'list-bounces+joe=example.net@example.com')
    opened.session.close()
  })

  it('has each recipient in a transaction of its own, for the sender with the mail of the lists', async () => {
    for (const [senderName, most] of [
      ['lists', 1],
      ['default', 100],
    ] as const) {
      const { session } = open(example('verp.lua'), { senderName })
      assert.equal((await session.started).globals.maxRecipientsPerMessage, most)
      session.close()
    }
  })

  it('leaves alone what cannot stand in a local part, with a line each', async () => {
    const opened = open(example('verp.lua'))
    const recipients = ['"joe smith"@example.net', 'joe@[192.0.2.7]', bytes('joe@bücher.example'), 'postmaster']
    for (const recipient of recipients) await untouched(opened, LIST, [recipient])
    opened.session.close()
    assert.deepEqual(
      opened.printed,
      recipients.map((recipient) => `verp: left alone, cannot be in a return path: ${recipient}`),
    )
  })

  it('makes paths of up to 256 octets, and leaves longer ones alone, with a line each', async () => {
    const opened = open(example('verp.lua'))
    const longest = `${'x'.repeat(254 - 'list-bounces+=example.net@example.com'.length)}@example.net`
    const path = await modified(opened, LIST, { recipients: [longest] })
    assert.equal(path?.length, 254)
    assertIsPath(path)
    assert.deepEqual(opened.printed, [])
    await untouched(opened, LIST, [`x${longest}`])
    opened.session.close()
    assert.deepEqual(opened.printed, [`verp: left alone, would have 255 octets: x${longest}`])
  })

  describe('signed', () => {
    const addresses = [
      'joe@example.net',
      'Joe.Smith+a=b@Example.net',
      bytes('JÖrg@example.net'),
      '0123456789@a.example',
    ]

    async function bounced(address: string): Promise<string> {
      return (await prints(`${signed()}\nprint(BouncedRecipient("${address}"))`)).join('\n')
    }

    it('has ten digits of an HMAC in front of the recipient', async () => {
      for (const address of addresses) {
        const text = `${LIST} ${address}`.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
        const digits = createHmac('sha256', SECRET).update(text, 'latin1').digest('hex').slice(0, 10)
        const path = `list-bounces+${digits}=${address.replace('@', '=')}@example.com`
        assert.equal(await toOne(address, LIST, open(signed())), path)
      }
    })

    it('takes its own return paths back, whatever became of their case, and no other', async () => {
      for (const address of addresses) {
        const path = await toOne(address, LIST, open(signed()))
        assert.equal(await bounced(path), `${LIST}\t${address}`)
        const loud = path.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
        assert.equal((await bounced(loud)).toLowerCase(), `${LIST}\t${address}`.toLowerCase())
        for (let at = 0; at < path.length; at++) {
          const other = path[at]?.toLowerCase() === 'q' ? 'x' : 'q'
          assert.equal(await bounced(path.slice(0, at) + other + path.slice(at + 1)), '', `${path} at ${at}`)
        }
      }
      assert.equal(await bounced('list-bounces+joe=example.net@example.com'), '', 'not signed')
      assert.equal(await bounced(LIST), '')
    })

    it('does not run without a secret, and never says it', async () => {
      for (const secret of ['', 'nineteen characters']) {
        const { session } = open(signed(secret))
        const { topLevel } = await session.started
        session.close()
        assert.match(topLevel?.message ?? '', /^relayout\.lua:\d+: verp: the secret in the script needs 20 characters/)
        assert.ok(secret === '' || !JSON.stringify(topLevel).includes(secret))
      }
    })
  })
})
