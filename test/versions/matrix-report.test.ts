import assert from 'node:assert/strict'

import { isGood, matrixReport } from './matrix-report.js'
import type { Outcome } from './outcome.js'
import type { PairResult } from './pair-run.js'

const OUTCOME: Outcome = { node: '22.1.0', passed: 5, failed: 0, skipped: 1, complete: true, failures: [] }

const result = (outcome: Partial<Outcome> | undefined, more: Partial<PairResult> = {}): PairResult => ({
  node: '22.1.0',
  haraka: '3.3.0',
  seconds: 12.3,
  trouble: undefined,
  log: 'some.log',
  outcome: outcome && { ...OUTCOME, ...outcome },
  ...more,
})

const failures = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ title: `test ${index}`, file: 'a.test.js', message: 'one\n  | two' }))

describe('the report of the matrix', () => {
  it('is a table with a line for each pair', () => {
    assert.deepEqual(
      matrixReport([result({}), result(undefined, { trouble: 'build: exit code 2', seconds: 150 })]),
      [
        '| Node   | Haraka | passed | failed | skipped | time    | trouble            |',
        '| ------ | ------ | ------ | ------ | ------- | ------- | ------------------ |',
        '| 22.1.0 | 3.3.0  | 5      | 0      | 1       | 12 s    |                    |',
        '| 22.1.0 | 3.3.0  | –      | –      | –       | 2.5 min | build: exit code 2 |',
        '',
        'Node 22.1.0, Haraka 3.3.0 (some.log):',
      ].join('\n'),
    )
  })

  it('names the first failures of a pair, each in one line, and how many more there are', () => {
    const report = matrixReport([result({ failed: 7, failures: failures(7) })])
      .split('\n')
      .slice(3)
    assert.equal(report[1], 'Node 22.1.0, Haraka 3.3.0 (some.log):')
    assert.equal(report[2], '- test 0 (a.test.js): one | two')
    assert.equal(report.length, 2 + 5 + 1)
    assert.equal(report.at(-1), '- and 2 more')
  })
})

describe('a pair of versions is good', () => {
  it('when tests have passed and none has failed', () => assert.ok(isGood(result({}))))

  for (const [what, bad] of [
    ['a test has failed', result({ failed: 1 })],
    ['no test has passed', result({ passed: 0 })],
    ['there is no outcome', result(undefined)],
    ['something else went wrong', result({}, { trouble: 'tests: killed after 60 s' })],
  ] as const) {
    it(`not when ${what}`, () => assert.ok(!isGood(bad)))
  }
})
