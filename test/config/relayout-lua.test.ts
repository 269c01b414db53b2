/**
 * The script that an administrator copies: what it decides, and that its commented examples run too.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import type { RawActions } from '../../lib/core/decision.js'
import type { MessageFacts } from '../../lib/script/port.js'
import { modified } from '../examples/example-script.js'
import { FACTS, useFiles, usePort } from '../script/fixture.js'

const script = readFileSync('config/relayout.lua', 'utf8')

// Code in comments: it begins with a keyword, or is indented behind one that does.
const withExamples = script.replace(/^( *)-- (?=(?:function|local|if|else|end|for)\b(?! the\b)| {2})/gm, '$1')

describe('config/relayout.lua', () => {
  const { open } = usePort()
  const file = useFiles()

  async function handled(command: string, reply: string): Promise<string | undefined> {
    const { session } = open(script)
    const answer = await session.returnCode(command, reply, reply.split('\r\n').at(-1) ?? '', 'smtp.example.net')
    session.close()
    return answer
  }

  async function checkFile(source: string, size: number, header: string, senderName = 'default'): Promise<RawActions> {
    const facts: MessageFacts = { ...FACTS, ...file(`${header}\r\n\r\n`), size }
    const { session } = open(source, { senderName })
    const { actions } = await session.checkFile(facts)
    session.close()
    return actions
  }

  it('sends bulk mail late and big messages last', async () => {
    const table: [number, string, number][] = [
      [1000, '', 50],
      [1000, 'Precedence: Bulk', 10],
      [1000, 'Precedence: list', 10],
      [1000, 'Precedence: first-class', 50],
      [1000, 'List-Unsubscribe: <https://example.com/>', 10],
      [5_000_000, '', 50],
      [5_000_001, '', 1],
      [5_000_001, 'Precedence: bulk', 1],
    ]
    for (const [size, header, priority] of table) {
      const actions = await checkFile(script, size, header)
      assert.equal(actions.Priority, priority, `${size} ${header}`)
      assert.equal(actions.SkipSend, false)
    }
  })

  it('turns a 450 for an unknown recipient into 550 with the same text', async () => {
    const table: [string, string][] = [
      ['450 4.1.1 <a@b.example>: User unknown', '550 5.1.1 <a@b.example>: User unknown'],
      ['450-No such user here\r\n450 4.1.1 in 450 lists', '550-No such user here\r\n550 5.1.1 in 450 lists'],
      ['450 Mailbox does not exist', '550 Mailbox does not exist'],
    ]
    for (const [reply, rewritten] of table) assert.equal(await handled('RCPT TO:<a@b.example>', reply), rewritten)
    assert.match((await handled('rcpt to:<a@b.example> NOTIFY=NEVER', '450 user unknown')) ?? '', /^550 /)
  })

  it('leaves every other reply alone', async () => {
    const table: [string, string][] = [
      ['RCPT TO:<a@b.example>', '250 OK'],
      ['RCPT TO:<a@b.example>', '450 mailbox busy'],
      ['RCPT TO:<a@b.example>', '450 4.2.0 mailbox unavailable'],
      ['RCPT TO:<a@b.example>', '450 user unknown, greylisted for 300 seconds'],
      ['RCPT TO:<a@b.example>', '450 4.1.8 Sender address rejected: user unknown'],
      ['RCPT TO:<a@b.example>', '451 4.3.0 temporary lookup failure, user unknown'],
      ['MAIL FROM:<a@b.example>', '450 user unknown'],
      ['.', '450 user unknown'],
    ]
    for (const [command, reply] of table) assert.equal(await handled(command, reply), undefined, reply)
  })

  it('has commented examples that run', async () => {
    assert.doesNotMatch(withExamples, /^ *-- *(?:SkipSend|Actions|Max|function|end\b)/m)
    const { session } = open(withExamples)
    const { topLevel, start } = await session.started
    assert.deepEqual([topLevel, start], [undefined, undefined])
    const connected = await session.serverConnected('small.example.net')
    assert.equal(connected.maxMessagesPerConnection, 10)
    session.close()
    assert.equal((await checkFile(withExamples, 60_000, '', 'slow')).SkipSend, false)
    assert.equal((await checkFile(withExamples, 60_000, '', 'fast')).SkipSend, true)
    assert.equal((await checkFile(withExamples, 1000, '', 'fast')).SkipSend, false)
    const noon = `${withExamples}\nos.date = function() return { hour = 12 } end`
    assert.equal((await checkFile(noon, 10_000_001, '', 'slow')).Reason, 'big message in office hours')
    assert.equal((await checkFile(noon.replace('12', '7'), 10_000_001, '', 'slow')).Reason, '')
  })

  it('has examples of the functions for TLS and the return path', async () => {
    const opened = open(withExamples)
    const { filename, dataStart, size } = FACTS
    const tls = { tryTls: true, forceTls: false }
    const tlsFor = async (server: string) =>
      opened.session.serverDetails({
        ...{ filename, dataStart, size, tls, server },
        ...{ authSender: '', returnPath: 'joe@example.com', domain: 'example.net' },
      })
    assert.deepEqual(await tlsFor('mail.broken.example'), { tryTls: false, forceTls: false })
    assert.deepEqual(await tlsFor('smtp.example.net'), tls)
    assert.equal(await modified(opened, 'web@intranet.example'), 'postmaster@example.com')
    assert.equal(await modified(opened, 'joe@example.com'), undefined)
    opened.session.close()
  })
})
