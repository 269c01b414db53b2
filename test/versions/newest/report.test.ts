import assert from 'node:assert/strict'

import { blame } from './blame.js'
import { newestReport } from './report.js'
import type { Step, Trial } from './trial.js'

/** `verdicts`: the steps that were tried, a `!` before those that failed. */
function trial(what: string, ...verdicts: readonly (Step | `!${Step}`)[]): Trial {
  const entries = verdicts.map((verdict) => {
    const ok = !verdict.startsWith('!')
    return [ok ? verdict : verdict.slice(1), { ok, seconds: 5, why: ok ? '' : 'a | reason' }]
  })
  return { what, verdicts: Object.fromEntries(entries) as Trial['verdicts'], failedFiles: [] }
}

const LOCKED = trial('what is locked', 'install', 'build', 'tests')

describe('what is broken by the newest of everything', () => {
  const all = trial('all', 'install', '!build', 'lint', '!tests')

  it('is laid to what breaks it alone', () => {
    const singles = [
      trial('one', 'build', '!tests'),
      trial('two', '!build', '!tests'),
      trial('three', 'build', 'tests'),
    ]
    assert.deepEqual(blame(all, LOCKED, singles), ['build: broken by two.', 'tests: broken by one, and by two.'])
  })

  it('is laid to none where none breaks it alone', () => {
    const [build] = blame(all, LOCKED, [trial('one', 'build', 'tests')])
    assert.equal(build, 'build: broken by none of them alone: by several together, or by what they bring along.')
  })

  it('is laid to none where it is broken anyway', () => {
    const sentences = blame(all, trial('what is locked', 'build', '!tests'), [trial('one', '!build', '!tests')])
    assert.deepEqual(sentences, ['build: broken by one.', 'tests: broken also with what is locked.'])
  })

  it('is said to be open where there was no time', () => {
    const [build] = blame(all, LOCKED, [trial('one', 'build', 'tests'), trial('two')])
    assert.match(build!, /Not tried, for want of time: two\.$/)
  })
})

describe('the report of the newest', () => {
  const outdated = [{ name: 'typescript', locked: '6.0.3', within: '6.0.3', newest: '7.0.2' }]

  it('is short when nothing broke', () => {
    assert.equal(
      newestReport({ outdated: [], all: trial('Node 26', 'install', 'build', 'tests'), apart: undefined }),
      `## Newer than what is locked

Nothing.

## All at once: Node 26

| step      |           | time | why |
| --------- | --------- | ---- | --- |
| install   | well      | 5 s  |     |
| build     | well      | 5 s  |     |
| typecheck | not tried |      |     |
| lint      | not tried |      |     |
| format    | not tried |      |     |
| tests     | well      | 5 s  |     |`,
    )
  })

  it('tells the newer things apart, in the steps that broke', () => {
    const singles = [trial('typescript@7.0.2', '!install', '!build')]
    const all = trial('all', 'install', '!build', 'tests')
    const report = newestReport({ outdated, all, apart: { locked: LOCKED, singles } })
    assert.ok(report.includes('| typescript | 6.0.3  | 6.0.3            | 7.0.2  |'), report)
    assert.equal(
      report.slice(report.indexOf('## One')),
      `## One at a time, over what is locked

|                  | install | build  | why                                      |
| ---------------- | ------- | ------ | ---------------------------------------- |
| what is locked   | well    | well   |                                          |
| typescript@7.0.2 | broken  | broken | install: a \\| reason; build: a \\| reason |

- build: broken by typescript@7.0.2.`,
    )
  })
})
