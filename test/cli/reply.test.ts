import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { Report } from '../../lib/cli/commands/reply/report.js'
import { assertGolden } from './support/golden.js'
import { type CallOptions, relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const INI = `
[sender.bulk]
host = smtp.example.net, smtp2.example.net
filter[] = From: *@news.example.com

[sender.main]
host = mail.example.org
auth_user = joe
auth_pass = secret word
`

const SCRIPT = `
function ServerConnected() connected = (connected or 0) + 1 end

function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastCommand:find("^RCPT TO:") and LastLine:find("^450 4.*User unknown") then
    return (LastLine:gsub("^450 4", "550 5"))
  end
  if LastLine:find("daily limit") then return (LastLine:gsub("^550 5", "450 4")) end
  if LastLine:find("where") then
    return ("550 5.0.0 %s: %d, %s"):format(ConnectedServer, connected, os.date("%H:%M"))
  end
  if sendername == "bulk" and LastCommand == "." and LastLine:find("^554") then return "250 2.0.0 never mind" end
  if sendername == "bulk" and LastLine:find("two lines") then return "450 4.7.1 one\\ntwo" end
  if LastCommand == "DATA" and LastLine:find("^5") then return "354 go on" end
  if LastLine:find("nonsense") then return "hello" end
end
`

const GOLDEN: Readonly<Record<string, readonly [readonly string[], number]>> = {
  'reply-rcpt': [['RCPT TO:<bob@example.net>', '450 4.1.1 <bob@example.net>: Recipient rejected: User unknown'], 0],
  'reply-limit': [['.', '550 5.7.1 you have reached your daily limit'], 0],
  'reply-losing': [['.', '554 5.7.1 this looks like spam to us'], 0],
  'reply-refused': [['DATA', '554 5.5.1 no valid recipients'], 1],
  'reply-invalid': [['RSET', '250 nonsense'], 1],
  'reply-login': [['auth plain am9lAHNlY3JldA==', '535 5.7.8 am9lAHNlY3JldA== is wrong for joe'], 0],
  'reply-starttls': [['STARTTLS', '502 5.5.1 not here'], 0],
  'reply-greeting': [['', '421-4.3.2 too many connections\\r\\n421 4.3.2 try later'], 0],
  'reply-ehlo': [['EHLO haraka.example.com', '250-mail.example.org\r\n250-SIZE 1000\n250 AUTH LOGIN PLAIN\n'], 0],
  'reply-mail': [['MAIL FROM:<joe@example.com> SMTPUTF8', '450-4.7.1 say it in\\n450 4.7.1 two lines'], 0],
  'reply-recipient-251': [['RCPT TO:<ann@example.net>', '251 2.1.5 will forward'], 0],
  'reply-quit': [['QUIT', '221 2.0.0 bye'], 0],
}

const LINES = `# what it said yesterday
\t220 mail.example.org ESMTP

EHLO x\t250-mail.example.org\\r\\n250 STARTTLS
STARTTLS\t220 2.0.0 go ahead
{"command": "MAIL FROM:<joe@example.com>", "reply": "250 2.1.0 Ok"}
RCPT TO:<bob@example.net>\t450 4.1.1 User unknown
RCPT TO:<ann@example.net>\t250 2.1.5 Ok
DATA\t354 go on
.\t550 5.7.1 daily limit
`

describe('relayout reply', function () {
  this.timeout(60_000)
  let folder: string
  const call = (args: readonly string[], options: CallOptions = {}) =>
    relayout(['reply', ...args], { cwd: folder, ...options })
  const document = (args: readonly string[], options: CallOptions = {}) =>
    relayoutJson<Report>(['reply', ...args], { cwd: folder, ...options })
  const write = (name: string, content: string) => fs.writeFileSync(path.join(folder, name), content)

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-reply-'))
    fs.mkdirSync(path.join(folder, 'config'))
    write('config/relayout.ini', INI)
    write('config/relayout.lua', SCRIPT)
  })

  after(() => fs.rmSync(folder, { recursive: true, force: true }))

  for (const [name, [args, expected]] of Object.entries(GOLDEN)) {
    it(`shows ${name.replace('reply-', '')}`, async () => {
      const { code, out, err } = await call(args)
      assert.deepEqual([code, err], [expected, ''])
      assertGolden(name, out)
      assertSchema('reply', await document(args))
    })
  }

  it('takes a command in any case for the one that Haraka sends', async () => {
    const { out } = await call(['rcpt to:<Bob@example.net>', '450 4.1.1 User unknown'])
    assert.match(out, /^RCPT TO:<Bob@example\.net>$/m)
    assert.match(out, /outcome +applied/)
    assert.match((await call(['quit', '221 bye'])).out, /^QUIT$/m)
  })

  it('shows many cases as a table, in one session', async () => {
    const { code, out, err } = await call(['-', '--sender', 'main'], { stdin: LINES })
    assert.deepEqual([code, err], [0, ''])
    assertGolden('reply-many', out)
    assertGolden('reply-many-senders', (await call(['-'], { stdin: LINES })).out)
  })

  it('has one document for many cases, each with its line', async () => {
    const report = await document(['-', '--sender', 'main'], { stdin: LINES })
    assertSchema('reply', report)
    assert.deepEqual(
      report.cases.map(({ line, stage, answers }) => [line, stage, answers[0]?.outcome, answers[0]?.haraka.does]),
      [
        [2, 'greeting', 'unchanged', 'goes on'],
        [4, 'ehlo', 'unchanged', 'goes on'],
        [5, 'starttls', 'unchanged', 'goes on'],
        [6, 'mail', 'unchanged', 'goes on'],
        [7, 'rcpt', 'applied', 'bounces'],
        [8, 'rcpt', 'unchanged', 'goes on'],
        [9, 'data', 'unchanged', 'goes on'],
        [10, 'end-of-data', 'applied', 'defers'],
      ],
    )
  })

  it('says of each line that is no case what is wrong, goes on, and ends with 2', async () => {
    const stdin = 'DATA 354\nNOOP\t250 ok\nDATA\tgo on\n{"command": 1}\n{\nQUIT\t221 bye\nAUTH\u00a0x\t235 y\n'
    const { code, out, err } = await call(['-', '--sender', 'main'], { stdin })
    assert.equal(code, 2)
    assert.match(out, /^COMMAND .*\nQUIT +221 bye +unchanged +nothing\n$/)
    assert.deepEqual(
      err.split('\n').map((line) => line.split(/[.:] /, 2).join(': ')),
      [
        'line 1: there is no tab',
        'line 2: NOOP is no command that can be asked about',
        'line 3: "go on" is no reply',
        'line 4: command or reply is missing, or is no string',
        'line 5: this is no JSON',
        'line 7: AUTH is no command that can be asked about',
        '',
      ],
    )
    const report = await document(['-'], { stdin })
    assertSchema('reply', report)
    assert.deepEqual(
      report.mistakes.map(({ line }) => line),
      [1, 2, 3, 4, 5, 7],
    )
  })

  it('calls ServerConnected as each connection does, sets ConnectedServer, and has the clock of --at', async () => {
    const said = async (args: readonly string[], stdin?: string): Promise<unknown[]> => {
      const { cases } = await document(['--at', '22:30', ...args], stdin === undefined ? {} : { stdin })
      return cases.map(({ answers }) => answers.map(({ presented }) => presented.lines[0]))
    }
    assert.deepEqual(await said(['DATA', '550 where']), [
      ['550 5.0.0 smtp.example.net: 1, 22:30', '550 5.0.0 mail.example.org: 1, 22:30'],
    ])
    assert.deepEqual(await said(['--server', 'mx.example.com', '--sender', 'main', '', '220 where']), [
      ['550 5.0.0 mx.example.com: 1, 22:30'],
    ])
    assert.deepEqual(await said(['-', '--sender', 'main'], '\t220 a\nDATA\t550 where\n\t220 b\nDATA\t550 where'), [
      ['220 a'],
      ['550 5.0.0 mail.example.org: 1, 22:30'],
      ['220 b'],
      ['550 5.0.0 mail.example.org: 2, 22:30'],
    ])
  })

  it('never shows what followed the mechanism of AUTH, nor the credentials of the settings', async () => {
    const lines = ['AUTH PLAIN QUJD\t535 QUJD', 'AUTH QUJD=\t535 no', 'AUTH PLAIN QUJD\tQUJD', 'AUTH\\tQUJD\t1']
    for (const json of [[], ['--json']]) {
      const { out, err } = await call(['-', ...json], { stdin: lines.join('\n') })
      assert.doesNotMatch(out + err, /QUJD/)
    }
    const { out } = await call([
      '--json',
      '--sender',
      'main',
      'AUTH LOGIN',
      '334 joe has c2VjcmV0IHdvcmQ= for secret word',
    ])
    assert.doesNotMatch(out.replaceAll('auth_', ''), /"334 joe|c2VjcmV0IHdvcmQ|secret word/)
  })

  it('takes 8-bit text as it is, and shows no control character', async () => {
    write('bytes.lua', 'function ReturnCodeHandler(_, full) return "550 " .. #full .. " \\27[31m\\255" end')
    const { out } = await call(['--sender', 'main', '--script', 'bytes.lua', 'DATA', '550 Größe\x1b[0m'])
    assert.match(out, /real reply +550 Größe\\x1b\[0m\n/)
    assert.match(out, /new reply +550 15 {2}\[31mÿ\n/)
  })

  it('cuts a line that is too long as the plugin does', async () => {
    write('length.lua', 'function ReturnCodeHandler(_, full) return "550 " .. #full end')
    const { cases } = await document([
      '--sender',
      'main',
      '--script',
      'length.lua',
      'DATA',
      `550 ${'x'.repeat(70_000)}`,
    ])
    assert.deepEqual(cases[0]?.answers[0]?.presented.lines, ['550 8192'])
    const { code, out } = await call(['DATA', `550 ${'x'.repeat(70_000)}`])
    assert.equal(code, 1)
    for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
  })

  it('takes thousands of lines', async () => {
    const stdin = Array.from({ length: 5_000 }, (_, i) => `RCPT TO:<a${i}@example.com>\t450 4.1.1 User unknown`).join(
      '\n',
    )
    const { cases } = await document(['-', '--sender', 'main'], { stdin })
    assert.equal(cases.filter(({ answers }) => answers[0]?.haraka.does === 'bounces').length, 5_000)
  })

  it('ends with 1 when the script fails, and the reply stands', async () => {
    for (const [script, said] of [
      ['function ReturnCodeHandler() error("oops") end', 'broken.lua:1: oops. The reply of the relay server stands.'],
      ['function ReturnCodeHandler() while true do end end', 'broken.lua:1: still running after 1 s. The reply of the'],
      ['function ServerConnected() error("oops") end', 'broken.lua:1: oops. The connection is used as it is.'],
      ['function Start() error("oops") end', 'broken.lua:1: oops. Its messages are sent as if the function were not'],
      ['function ReturnCodeHandler(', "broken.lua:1: <name> or '...' expected near <eof>. Its messages are sent as if"],
    ] as const) {
      write('broken.lua', script)
      const { code, out, err } = await call(['--script', 'broken.lua', '--sender', 'main', 'DATA', '451 later'])
      assert.deepEqual([code, err], [1, ''])
      assert.ok(out.replace(/\n {3}/g, ' ').includes(`failure main: ${said}`), out)
      assert.match(out, /outcome +unchanged.*\n {3}Haraka +defers the message/)
    }
  })

  it('says in one sentence what it cannot take, and ends with 2', async () => {
    for (const [args, said] of [
      [['DATA'], 'there is no reply. Give the command and the reply'],
      [['DATA', ''], 'an empty text is no reply: there is no code'],
      [['DATA', 'no'], '"no" is no reply: it does not begin with a code from 200 to 599'],
      [['DATA', '154 go'], '"154 go" is no reply: it does not begin with a code from 200 to 599'],
      [['DATA', '250-a\\r\\nb'], '"250-a b" is no reply: line 2 does not begin with a code from 200 to 599'],
      [['DATA', '250-a'], '"250-a" is no reply: it has a hyphen behind its code, which the last line'],
      [['DATA', '250 a\\n250 b'], '"250 a 250 b" is no reply: line 1 has no hyphen behind its code, and ends'],
      [['DATA', `x${'y'.repeat(70_000)}`], `"x${'y'.repeat(59)}…" is no reply: it does not begin`],
      [['VRFY ann', '250 x'], 'VRFY is no command that can be asked about: Haraka sends no such command'],
      [['RCTP TO:<a@b>', '250 x'], 'RCTP is no command that can be asked about'],
      [['DATA\r\n.', '250 x'], 'DATA is no command that can be asked about: it has a control character'],
      [['-', '250 x'], '- is no command that can be asked about'],
      [['-'], 'standard input is empty'],
      [['--script', 'none.lua', 'DATA', '354 go'], 'none.lua cannot be read: there is no such file'],
      [['--sender', 'mian', 'DATA', '354 go'], 'there is no sender mian in relayout.ini; there is bulk, main'],
      [['--at', 'noon', 'DATA', '354 go'], 'noon is no time'],
    ] as const) {
      const { code, out, err } = await call(args)
      assert.deepEqual([code, out], [2, ''], args.join(' ').slice(0, 100))
      assert.ok(err.startsWith(`relayout: ${said}`), err)
      assert.equal(err.split('\n').length, 2, err)
    }
    const { code, err } = await call([])
    assert.equal(code, 2)
    assert.match(err, /missing required argument 'command'/)
  })
})
