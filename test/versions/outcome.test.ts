import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { PACKAGE } from '../support/haraka-instance.js'
import { type Outcome, readOutcome } from './outcome.js'

describe('the outcome of a run of mocha', () => {
  let folder: string
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-outcome-'))))
  after(() => fs.rmSync(folder, { recursive: true }))

  /** Runs a file of tests as the package's own are run. */
  function mocha(source: string): { outcome: Outcome | undefined; out: string; signal: NodeJS.Signals | null } {
    const file = path.join(folder, 'outcome.json')
    fs.rmSync(file, { force: true })
    fs.writeFileSync(path.join(folder, 'some.test.js'), source)
    const reporter = path.join(PACKAGE, 'dist', 'test', 'support', 'reporter.js')
    const binary = path.join(PACKAGE, 'node_modules', 'mocha', 'bin', 'mocha.js')
    const words = ['--no-config', '--reporter', reporter, '--reporter-option', `outcome=${file}`, 'some.test.js']
    const { stdout, signal } = spawnSync(process.execPath, [binary, ...words], { cwd: folder, encoding: 'utf8' })
    return { outcome: readOutcome(file), out: stdout, signal }
  }

  it('has the counts, and of each failure the whole title, the file and the message', () => {
    const { outcome, out } = mocha(`
      describe('a unit', () => {
        it('works', () => {})
        it('works, too', () => {})
        it('is not tried')
        it('fails', () => require('assert').equal(1, 2, 'one is not two'))
        describe('with a hook', () => {
          before(() => { throw 'no error object' })
          it('is not reached', () => {})
        })
      })`)
    assert.deepEqual(outcome, {
      node: process.versions.node,
      passed: 2,
      failed: 2,
      skipped: 1,
      complete: true,
      failures: [
        { title: 'a unit fails', file: 'some.test.js', message: 'one is not two' },
        {
          title: 'a unit with a hook "before all" hook for "is not reached"',
          file: 'some.test.js',
          message: outcome?.failures[1]?.message,
        },
      ],
    })
    assert.match(outcome.failures[1]!.message, /no error object/)
    assert.match(out, /^2 passed, 2 failed, 1 skipped$/m)
  })

  it('is complete when all is well', () => {
    const { outcome } = mocha(`it('works', () => {})`)
    assert.deepEqual(outcome, {
      node: process.versions.node,
      passed: 1,
      failed: 0,
      skipped: 0,
      complete: true,
      failures: [],
    })
  })

  it('has what had failed when mocha was killed', () => {
    const { outcome } = mocha(`
      it('fails', () => { throw new Error('first') })
      it('takes mocha along', () => process.kill(process.pid, 'SIGKILL'))`)
    assert.equal(outcome?.complete, false)
    assert.deepEqual(
      outcome.failures.map(({ message }) => message),
      ['first'],
    )
  })

  it('is there also when something keeps the process alive, which is ended then', () => {
    const { outcome, signal } = mocha(
      `it('leaves a server behind', () => void require('net').createServer().listen(0))`,
    )
    assert.equal(outcome?.passed, 1)
    assert.equal(signal, 'SIGKILL')
  })

  it('is none where no test was reached', () => {
    assert.equal(mocha('this is no JavaScript').outcome, undefined)
  })
})
