/** The calls of `relayout` in the README print what stands there, in the installation that the README describes. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { BIN } from '../cli/support/relayout.js'

const README = fs.readFileSync('README.md', 'utf8')

const blocks = (language: string): string[] =>
  [...README.matchAll(/```(\w+)\n(.*?)```/gs)].flatMap(([, of, text]) => (of === language && text ? [text] : []))

const lua = (name: string): string => blocks('lua').find((text) => text.startsWith(`-- example: ${name}\n`)) ?? ''

const CALLS = blocks('console').map((block) => /^\$ (relayout .*)\n([^]*)$/.exec(block) ?? [])

const GOLDEN_FOLDER = 'test/cli/golden'
const GOLDEN = fs
  .readdirSync(GOLDEN_FOLDER)
  .map((name) => fs.readFileSync(path.join(GOLDEN_FOLDER, name), 'utf8').trimEnd())

describe('the calls of relayout in the README', () => {
  let folder: string

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text)
    fs.mkdirSync(path.join(folder, 'config'))
    write('config/relayout.ini', blocks('ini')[0] ?? '')
    const script = lua('office hours') + lua('the provider that means 550')
    write('config/relayout.lua', script)
    write('new.lua', script.replace('function CheckFile', 'function Checkfile'))
    write('expectations.yaml', blocks('yaml')[0] ?? '')
    const header = 'From: ann@example.com\r\nTo: bob@example.net\r\nSubject: plans\r\n\r\n'
    write('big.eml', header + `${'x'.repeat(998)}\r\n`.repeat(12_000))
    write('bin', `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`)
    fs.chmodSync(path.join(folder, 'bin'), 0o755)
  })

  after(() => fs.rmSync(folder, { recursive: true }))

  it('are there', () => assert.ok(CALLS.length >= 4))

  for (const [, call = '', printed = ''] of CALLS) {
    const recorded = /^relayout (?:why|backtest) /.test(call)
    // What Haraka has to write first is in the tests of these calls.
    if (recorded) it(`${call} is shown as a test of it has it`, () => assert.ok(GOLDEN.includes(printed.trimEnd())))
    else
      it(`${call} prints what is shown`, () => {
        const env = { ...process.env, COLUMNS: '80', NO_COLOR: '1', TZ: 'UTC', HARAKA: '' }
        let out: string
        try {
          out = execFileSync('sh', ['-c', call.replace('relayout', './bin')], { cwd: folder, env, encoding: 'utf8' })
        } catch (error) {
          out = (error as { stdout: string }).stdout // it ends with 1 when it has found something
        }
        assert.equal(out.trimEnd(), printed.trimEnd())
      })
  }
})
