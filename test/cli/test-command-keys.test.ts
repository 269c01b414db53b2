/** Each key under `expect`: what it takes for true, and that it can fail. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { MESSAGE_KEYS, REPLY_KEYS } from '../../lib/cli/commands/test/expectation-keys.js'
import { relayoutJson } from './support/relayout.js'

const INI = `
[main]
on_script_error = ON_ERROR

[batv]
secret = 0123456789abcdef0123

[sender.first]
host = smtp.example.net
filter[] = *@example.net

[sender.second]
filter[] = *@example.net
`

const SCRIPT = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData)
  local subject = HeaderData.Subject
  if subject == "skip" or subject == "second" and sendername == "first" then
    Actions.SkipSend = true
    Actions.Reason = sendername .. " is full"
    Actions.RetryAfter = 5400
  end
  if subject == "boom" then error("oops") end
  if subject == "all" then
    Actions.Priority = 77.5
    Actions.ForceLastTry = true
    Actions.Reason = "as ever"
    UseBATV = true
    print("seen")
  end
  if subject == "odd" then Actions.Priority = "high" end
  return Actions
end

function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastLine:find("boom") then error("oops") end
  if LastLine:find("server") then return "250 " .. ConnectedServer .. " " .. sendername end
  if LastLine:find("unknown") then print("seen") return "550 5.1.1 gone" end
  if LastLine:find("full") then return "250 2.0.0 taken" end
  if LastLine:find("nonsense") then return "yes" end
  if LastLine:find("later") then return "251 later" end
  if LastLine:find("data") then return "250 go" end
end
`

const all = (expect: string) => ({ message: 'all', expect })
const skip = (expect: string) => ({ message: 'skip', expect })
const reply = (text: string, expect: string, command = 'RCPT TO:<a@b.example>') => ({ reply: text, command, expect })

type Case = ReturnType<typeof all> | ReturnType<typeof reply>

/** What comes true, what does not, and what came in its place. */
const CASES: Readonly<Record<string, readonly (readonly [Case, Case, RegExp])[]>> = {
  'message sender': [
    [all('sender: first'), all('sender: second'), /^first$/],
    [{ message: 'second', expect: 'sender: second' }, skip('sender: first'), /^it is skipped, retry 90m: first: /],
  ],
  'message skip': [
    [skip('skip: yes'), all('skip: yes'), /^first takes it, priority 77\.5$/],
    [all('skip: no'), skip('skip: false'), /^it is skipped, retry 90m: first: first is full; second: second is full$/],
  ],
  'message hold': [[all('hold: no'), all('hold: yes'), /^first takes it/]],
  'message pass': [
    [{ message: 'pass', expect: 'pass: yes' }, all('pass: yes'), /^first takes it/],
    [all('pass: no'), { message: 'pass', expect: 'pass: no' }, /^no sender is for it$/],
  ],
  'message reason': [
    [skip('reason: second is full'), skip('reason: second'), /^first: first is full; second: second is full$/],
    [skip('reason: /FULL/i'), skip('reason: /FULL/'), /^first: first is full/],
    [{ message: 'second', expect: 'reason: first is full' }, all('reason: x'), /^as ever$/],
    [
      skip('reason: "first: first is full; second: second is full"'),
      { message: 'odd', expect: 'reason: /./' },
      /^no reason/,
    ],
  ],
  'message retry': [[skip('retry: 90m'), skip('retry: 15m'), /^90m$/]],
  'message priority': [
    [all('priority: 77.5'), all('priority: 77'), /^77\.5$/],
    [{ message: 'odd', expect: 'priority: 50' }, skip('priority: 50'), /^it is skipped/],
  ],
  'message last_try': [
    [all('last_try: yes'), all('last_try: no'), /^yes$/],
    [{ message: 'odd', expect: 'last_try: no' }, { message: 'odd', expect: 'last_try: on' }, /^no$/],
  ],
  'message tag': [[all('tag: true'), { message: 'odd', expect: 'tag: true' }, /^no$/]],
  'message warning': [[{ message: 'odd', expect: 'warning: /"high"/' }, all('warning: /high/'), /^no warning$/]],
  'message print': [
    [all('print: seen'), all('print: see'), /^seen$/],
    [all('print: /^s/'), { message: 'odd', expect: 'print: seen' }, /^no print$/],
  ],
  'message failure': [
    [
      { message: 'boom', expect: 'failure: /oops/' },
      { message: 'boom', expect: 'failure: ups' },
      /^relayout\.lua:9: oops$/,
    ],
    [
      { message: 'boom', expect: 'failure: relayout.lua:9: oops'.replace(/: (.*)/, ': "$1"') },
      all('failure: /./'),
      /^no failure$/,
    ],
  ],
  'reply reply': [
    [reply('450 unknown', 'reply: 550 5.1.1 gone'), reply('450 unknown', 'reply: 550 5.1.1'), /^550 5\.1\.1 gone$/],
    [reply('450 unknown', 'reply: 550'), reply('450 unknown', 'reply: 450'), /^550 5\.1\.1 gone$/],
    [reply('450 unknown', 'reply: /gone$/'), reply('450 unknown', 'reply: /^gone/'), /^550 5\.1\.1 gone$/],
    [reply('"250-a\\n250 b"', 'reply: "250-a\\n250 b\\n"'), reply('"250-a\\n250 b"', 'reply: 250 b'), /^250-a\n250 b$/],
    [reply('250 server', 'reply: 250 smtp.example.net first'), reply('250 server', 'reply: 250 first'), /^250 smtp/],
  ],
  'reply outcome': [
    [reply('450 unknown', 'outcome: applied'), reply('450 unknown', 'outcome: unchanged'), /^applied$/],
    [reply('450 no', 'outcome: unchanged'), reply('450 no', 'outcome: applied'), /^unchanged$/],
    [reply('450 later', 'outcome: adjusted'), reply('450 later', 'outcome: applied'), /^adjusted$/],
    [reply('450 data', 'outcome: refused', 'DATA'), reply('450 data', 'outcome: applied', 'DATA'), /^refused$/],
    [reply('450 nonsense', 'outcome: invalid'), reply('450 nonsense', 'outcome: applied'), /^invalid$/],
  ],
  'reply warning': [
    [reply('452 full', 'warning: /leaves the queue undelivered/', '.'), reply('250 x', 'warning: /./'), /^no warning$/],
  ],
  'reply print': [[reply('450 unknown', 'print: seen'), reply('250 x', 'print: seen'), /^no print$/]],
  'reply failure': [[reply('250 boom', 'failure: /oops/'), reply('250 x', 'failure: /oops/'), /^no failure$/]],
}

interface Report {
  readonly tests: readonly { name: string; misses: readonly { key: string; came: string }[] }[]
}

function test(name: string, one: Case): string {
  const subject =
    'message' in one
      ? `message: {from: '', to: ${one.message === 'pass' ? 'a@b.example' : 'bob@example.net'}, header: {Subject: ${one.message}}}`
      : `reply: {command: '${one.command}', reply: ${one.reply}}`
  return `  - name: ${name}\n    ${subject}\n    expect: {${one.expect}}\n`
}

describe('a key under expect', function () {
  this.timeout(60_000)
  let folder = ''
  const misses = new Map<string, Report['tests'][number]['misses']>()
  const ask = async (tests: string, onError: string): Promise<Report> => {
    fs.writeFileSync(path.join(folder, 'relayout.ini'), INI.replace('ON_ERROR', onError))
    return relayoutJson<Report>(['test', '-'], { cwd: folder, stdin: `settings: relayout.ini\ntests:\n${tests}` })
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-test-'))
    fs.writeFileSync(path.join(folder, 'relayout.lua'), SCRIPT)
    const tests = Object.entries(CASES).flatMap(([key, cases]) =>
      cases.flatMap(([holds, fails], i) => [test(`${key} ${i} holds`, holds), test(`${key} ${i} fails`, fails)]),
    )
    const report = await ask(tests.join(''), 'send')
    for (const { name, misses: some } of report.tests) misses.set(name, some)
  })

  after(() => fs.rmSync(folder, { recursive: true }))

  it('has cases here, whichever it is', () => {
    assert.deepEqual(Object.keys(CASES), [
      ...Object.keys(MESSAGE_KEYS).map((key) => `message ${key}`),
      ...Object.keys(REPLY_KEYS).map((key) => `reply ${key}`),
    ])
  })

  for (const [key, cases] of Object.entries(CASES)) {
    it(`of a ${key} holds, and can fail`, () => {
      for (const [i, [, , came]] of cases.entries()) {
        assert.deepEqual(misses.get(`${key} ${i} holds`), [], `${key} ${i}`)
        const [miss] = misses.get(`${key} ${i} fails`) ?? []
        assert.equal(miss?.key, key.split(' ')[1], `${key} ${i}`)
        assert.match(miss?.came ?? '', came)
      }
    })
  }

  it('of hold holds when the script fails and its mail is held', async () => {
    const boom = (expect: string) => ({ message: 'boom', expect })
    const { tests } = await ask(
      [
        test('held', boom('hold: yes, reason: /oops/, retry: 60s')),
        test('not', boom('hold: false')),
        test('other', boom('skip: yes')),
      ].join(''),
      'hold',
    )
    const held = 'it is held, retry 1m: relayout.lua:9: oops'
    const failed = ['script', 'relayout.lua:9: oops']
    assert.deepEqual(
      tests.map(({ misses }) => misses.map(({ key, came }) => [key, came])),
      [[], [['hold', held], failed], [['skip', held], failed]],
    )
  })
})
