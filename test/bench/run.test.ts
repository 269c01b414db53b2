/**
 * The benchmark itself, in a trial that measures nothing: that it still runs and writes what it found.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { FIGURES, PERFORMANCE, README, readReport } from '../../bench/pages.js'

/** Eight Harakas, which start in less than a second each where nothing else is done. */
const LONGEST_MS = 170_000

const RUN = path.join(__dirname, '..', '..', 'bench', 'run.js')

function bench(...args: string[]) {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8', timeout: LONGEST_MS })
}

describe('npm run bench', () => {
  it('measures a part and writes its figures', function () {
    this.timeout(LONGEST_MS)
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-bench-pages-'))
    try {
      for (const name of [FIGURES, PERFORMANCE, README]) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
        fs.copyFileSync(name, path.join(folder, name))
      }
      const { status, stdout, stderr } = bench('drain', '--rounds', '1', '--shrink', '40', '--write', '--pages', folder)
      assert.equal(status, 0, stderr)
      assert.match(stderr, /^drain: about \d+ s left\n/)
      const { figures, summary } = readReport(folder).parts['drain']!
      assert.ok(figures.length > 10)
      for (const { name, ratio, rounds } of figures) assert.ok(ratio > 0 && rounds === 1, `${name}: ${ratio}`)
      for (const { name, ratio } of figures)
        assert.ok(stdout.includes(`${ratio.toFixed(2)}  one round        ${name} (`), name)
      for (const { what, ours } of summary) {
        assert.match(fs.readFileSync(path.join(folder, PERFORMANCE), 'utf8'), new RegExp(`\\| ${what} +\\| ${ours} `))
      }
      const fromMail = figures.find(({ name }) => name.startsWith('empty script / Haraka alone: messages'))
      assert.match(fromMail!.detail, /5 connections at one time against 50, 5 in all against 50$/)
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })

  it('does not write the figures of a trial into its own pages', () => {
    const before = fs.statSync(PERFORMANCE).mtimeMs
    const { status, stderr } = bench('drain', '--shrink', '40', '--write')
    assert.equal(status, 1)
    assert.match(stderr, /a trial.* is not written here/)
    assert.equal(fs.statSync(PERFORMANCE).mtimeMs, before)
  })

  it('names the parts when it is asked for one that is none', () => {
    const { status, stderr } = bench('drains')
    assert.equal(status, 1)
    assert.match(stderr, /^there is no part drains: .*\bdrain, .*side-by-side/)
  })
})
