import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { HarakaInstance, PACKAGE } from '../support/haraka-instance.js'
import { assertGolden } from './support/golden.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const MISTAKEN = `
function Checkfile(Filename, Actions)
  Actions.Skipsend = true
  return Actions
end

function ReturnCodeHandler(LastCommand, FullResponse, LastLine, More)
  senderid = 4
  if stirng.find(LastLine, "x") then os.execute("rm") end
  return LastLine
end

function Start()
  MaxMessagesPerConnection = "many"
  print("begun", sendername)
end
`

interface Report {
  readonly scripts: readonly { file: string; callbacks: readonly { name: string; line?: number }[] }[]
  readonly findings: readonly { file: string; line?: number; column?: number; rule: string; sentence: string }[]
}

describe('relayout check', function () {
  this.timeout(60_000)
  let folder: string
  const write = (name: string, text: string | Buffer): void => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
  const call = (...args: string[]) => relayout(['check', ...args], { cwd: folder })
  const check = (...args: string[]) => relayoutJson<Report>(['check', ...args], { cwd: folder })

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
  })

  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('does not take a file that cannot be read for one that is not there', async () => {
    for (const name of ['relayout.ini', 'relayout.lua']) {
      write('config/plugins', 'relayout\n')
      fs.symlinkSync(name, path.join(folder, 'config', name))
      const { code, out, err } = await call()
      assert.deepEqual([code, out], [2, ''])
      assert.match(
        err,
        new RegExp(`^relayout: \\S+/config/${name} cannot be read: it is a symbolic link that leads to itself`, 'm'),
      )
      fs.rmSync(path.join(folder, 'config', name))
    }
  })

  it('says of a script in UTF-16, and of values of other languages, what to write', async () => {
    for (const mark of ['\ufeff', '']) {
      const littleEndian = Buffer.from(`${mark}function Start() end`, 'utf16le')
      for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()]) {
        write('utf16.lua', bytes)
        const { findings } = await check('utf16.lua')
        assert.deepEqual(
          findings.map(({ sentence, line }) => [sentence, line]),
          [['the file is in UTF-16: save it as UTF-8', 1]],
        )
      }
    }
    write('python.lua', 'function CheckFile(_, Actions) Actions.SkipSend = True return None end')
    assert.deepEqual(
      (await check('python.lua')).findings.map(({ sentence }) => sentence),
      ['True is nil: nothing sets it. Did you mean true?', 'None is nil: nothing sets it. Did you mean nil?'],
    )
  })

  it('finds nothing in an installation that Haraka made, with what the package ships', async () => {
    const haraka = await HarakaInstance.create({
      ini: fs.readFileSync(path.join(PACKAGE, 'config', 'relayout.ini'), 'utf8'),
      script: fs.readFileSync(path.join(PACKAGE, 'config', 'relayout.lua')),
    })
    try {
      for (const args of [[], ['--config', 'config'], ['--config', haraka.folder]]) {
        const { code, out, err } = await relayout(['check', ...args], { cwd: haraka.folder })
        assert.deepEqual([code, err], [0, ''], out)
        assert.match(out, /nothing found\n$/)
      }
      const { out } = await relayout(['check'], { cwd: os.tmpdir(), env: { HARAKA: haraka.folder } })
      assert.match(out, /nothing found\n$/)
      haraka.write('config/plugins', 'accept\n# relayout\n')
      const { code, out: found } = await relayout(['check'], { cwd: haraka.folder })
      assert.equal(code, 1)
      assert.match(found, /config\/plugins: warning: relayout is not enabled/)
    } finally {
      await haraka.remove()
    }
  })

  it('shows the functions that it found, and each mistake with file, line and column', async () => {
    write('config/relayout.ini', '[sender.day]\n[sender.night]\n')
    write('new.lua', MISTAKEN)
    const { code, out, err } = await call('new.lua')
    assert.deepEqual([code, err], [1, ''])
    assertGolden('check-mistaken', out)
  })

  it('finds mistakes of the settings where they stand', async () => {
    write('config/relayout.lua', '-- no rules\n')
    write(
      'config/relayout.ini',
      '[main]\nskip_retry = never\n\n[sender.a]\n  host = x y\ncolour = red\nfilter[] = From: *@a.example\nfilter[] = From a@b\n[sendr.b]\n',
    )
    const { code, out } = await call()
    assert.equal(code, 1)
    assertGolden('check-settings', out)
  })

  it('runs the script as a session of each of its senders: what fails there is found', async () => {
    for (const [script, rule, place, said] of [
      ['x = 1\nif sendername == "night" then error("too dark") end', 'runtime', [2, 1], 'too dark'],
      ['function Start()\n  local x = nil + 1\nend', 'runtime', [2, 1], 'Start fails: attempt to perform arithmetic'],
      ['x = \n= 2', 'syntax', [2, 1], "unexpected symbol near '='"],
      ['while true do end', 'timeout', [1, 1], 'still running after 1 s'],
      ['t = {} while true do t[#t + 1] = ("x"):rep(100000) end', 'memory', [1, 1], 'uses more than 64 MB'],
      ['return 1 .. {}', 'runtime', [1, 1], 'attempt to concatenate a table value'],
    ] as const) {
      // Memory takes its time on a busy machine.
      const main = rule === 'memory' ? '[main]\nscript_timeout=30s\n' : ''
      write('config/relayout.ini', `${main}[sender.day]\n[sender.night]\n`)
      write('config/relayout.lua', script)
      const { findings } = await check()
      const found = findings.find((finding) => finding.rule === rule)
      assert.ok(found, `${script}: ${JSON.stringify(findings)}`)
      assert.deepEqual([found.line, found.column], place, script)
      assert.ok(found.sentence.startsWith(said), found.sentence)
      assert.equal(findings.filter((finding) => finding.sentence === found.sentence).length, 1)
    }
  })

  it('knows functions that are made while the script runs', async () => {
    write(
      'made.lua',
      'for _, name in ipairs({ "CheckFile" }) do _G[name] = function(f, actions) return actions end end',
    )
    const { scripts } = await check('made.lua')
    assert.deepEqual(scripts[0]?.callbacks, [{ name: 'CheckFile' }])
  })

  it('takes no file for none: a script that the settings name must be there', async () => {
    write('config/relayout.ini', '[sender.a]\nscript = rules.lua\n')
    const { code, out } = await call()
    assert.equal(code, 1)
    assert.match(out, /config\/rules\.lua: warning: rules\.lua is not in Haraka's config\s+folder/)
    assert.doesNotMatch(out, /nothing found/)
  })

  it('says in one sentence what it cannot look at, and ends with 2', async () => {
    for (const [args, said] of [
      [[], 'there is no config folder of Haraka here'],
      [['none.lua'], 'none.lua cannot be read: there is no such file'],
      [['.'], '. cannot be read: it is a folder'],
      [['--config', 'none'], 'none cannot be read: there is no such folder'],
    ] as const) {
      const { code, out, err } = await call(...args)
      assert.deepEqual([code, out], [2, ''])
      assert.ok(err.startsWith(`relayout: ${said}`), err)
      assert.equal(err.split('\n').length, 2)
    }
  })

  it('shows no secret, and nothing that a script could do to a terminal', async () => {
    write('config/relayout.ini', '[batv]\nenabled = true\nsecret = hush-hush-hush\n[sender.a]\nauth_user = me\n')
    write('config/relayout.lua', 'print("\\27[2J\\7 red") error("\\27[31m\\r\\nforged: line")')
    const { out, err } = await call()
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    assert.doesNotMatch(out + err, /hush|[\x00-\x09\x0b-\x1f]/)
    assert.doesNotMatch(out, /^forged/m)
  })

  it('has a JSON document for programs, as its schema says', async () => {
    write('config/relayout.ini', '[sender.a]\ncolour = red\n')
    write('config/relayout.lua', MISTAKEN)
    const report = await check()
    assertSchema('check', report)
    assert.deepEqual(
      report.findings.map(({ rule, line, column }) => `${rule} ${line}:${column}`),
      [
        'RELAYOUT_E_UNKNOWN_KEY 2:1',
        'session undefined:undefined',
        'misspelt-callback 2:10',
        'too-many-parameters 7:65',
        'read-only 8:3',
        'undefined-global 9:6',
        'not-available 9:41',
      ],
    )
  })
})
