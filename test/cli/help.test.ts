import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { COMMANDS } from '../../lib/cli/commands/index.js'
import { manPage } from '../../lib/cli/man-page.js'
import { version } from '../../lib/cli/version.js'
import { PACKAGE } from '../support/haraka-instance.js'
import { assertGolden } from './support/golden.js'
import { relayout, relayoutJson } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

describe('relayout --help', () => {
  it('names every command and the exit codes', async () => {
    const { code, out, err } = await relayout(['--help'])
    assert.deepEqual([code, err], [0, ''])
    assertGolden('help', out)
  })

  for (const { name, examples } of COMMANDS) {
    it(`of ${name} has its options, examples and exit codes`, async () => {
      const { code, out, err } = await relayout([name, '--help'])
      assert.deepEqual([code, err], [0, ''])
      for (const { call } of examples) assert.ok(out.includes(`$ ${call}\n`))
      assertGolden(`help-${name}`, out)
      assert.equal((await relayout(['help', name])).out, out)
    })
  }

  it('is pointed to when a word is not known', async () => {
    for (const args of [['chekc'], ['try', '--form', 'x'], []]) {
      const { code, out, err } = await relayout(args)
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, /relayout.* --help|Usage: relayout/)
    }
  })

  it('has the version of the package', async () => {
    const { code, out } = await relayout(['--version'])
    assert.deepEqual([code, out], [0, `${version()}\n`])
  })
})

describe('the manual page', () => {
  const file = path.join(PACKAGE, 'man', 'relayout.1')

  it('has the words of the commands', () => {
    const page = manPage(COMMANDS, version())
    if (process.env['UPDATE_GOLDEN']) fs.writeFileSync(file, page)
    assert.equal(fs.readFileSync(file, 'utf8'), page)
  })

  it('is a page that a formatter takes without a word', function () {
    if (!isThere('groff')) this.skip()
    const { stderr, stdout } = spawnSync('groff', ['-man', '-ww', '-Tutf8', file], { encoding: 'utf8' })
    assert.equal(stderr, '')
    // Bold letters come twice.
    assert.match(stdout.replace(/.[\b]/g, ''), /^NAME$/m)
  })
})

describe('relayout completion', () => {
  const COMPLETE = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_relayout
printf '%s\\n' "\${COMPREPLY[@]}"
`

  it('completes in bash: commands, options, files, folders', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    try {
      fs.writeFileSync(path.join(folder, 'completion'), (await relayout(['completion', 'bash'])).out)
      fs.writeFileSync(path.join(folder, 'letter one.eml'), '')
      fs.mkdirSync(path.join(folder, 'letters'))
      const complete = (...words: string[]): string[] =>
        execFileSync('bash', ['-c', COMPLETE, 'bash', 'completion', 'relayout', ...words], { cwd: folder })
          .toString()
          .trim()
          .split('\n')
          .sort()
      for (const { name } of COMMANDS) assert.ok(complete('').includes(name))
      assert.deepEqual(complete('tr'), ['try'])
      assert.deepEqual(complete('try', '--con'), ['--config'])
      assert.deepEqual(complete('try', 'letter'), ['letter one.eml', 'letters'])
      assert.deepEqual(complete('try', '--config', 'l'), ['letters'])
      assert.deepEqual(complete('completion', 'z'), ['zsh'])
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })

  for (const shell of ['zsh', 'fish'] as const) {
    it(`is a script that ${shell} takes`, async function () {
      const { code, out } = await relayout(['completion', shell])
      assert.equal(code, 0)
      for (const { name } of COMMANDS) assert.ok(out.includes(name))
      if (!isThere(shell)) this.skip()
      const { status, stderr } = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' })
      assert.deepEqual([status, stderr], [0, ''])
    })
  }

  it('knows which shells there are, and has JSON like all commands', async () => {
    const { code, err } = await relayout(['completion', 'csh'])
    assert.equal(code, 2)
    assert.equal(err, 'relayout: csh is no shell that there is a completion for. There are bash, zsh, fish\n')
    assertSchema('completion', await relayoutJson(['completion', 'fish']))
  })
})
