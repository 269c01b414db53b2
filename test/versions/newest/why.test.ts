import assert from 'node:assert/strict'

import { why, whyTests } from './why.js'

const ended = (output: string) => ({ ok: false, how: 'exit code 1', seconds: 1, output })

describe('why a step failed', () => {
  for (const [what, output, line] of [
    [
      'the peers that npm could not make agree',
      `npm error code ERESOLVE
npm error ERESOLVE unable to resolve dependency tree
npm error
npm error Found: typescript@7.0.2
npm error   dev typescript@"7.0.2" from the root project
npm error
npm error Could not resolve dependency:
npm error peer typescript@">=4.8.4 <6.1.0" from typescript-eslint@8.74.0
npm error node_modules/typescript-eslint`,
      'exit code 1: peer typescript@">=4.8.4 <6.1.0" from typescript-eslint@8.74.0',
    ],
    [
      'the first line with an error',
      `\nlib/a.ts(1,2): error TS2322: no\nlib/b.ts(1,2): error TS2322: no\n`,
      'exit code 1: lib/a.ts(1,2): error TS2322: no',
    ],
    ['the last line, where none is called an error', 'one\n two\n\n', 'exit code 1: two'],
    ['how it ended, where nothing was printed', '', 'exit code 1'],
  ] as const) {
    it(`is ${what}`, () => assert.equal(why(ended(output)), line))
  }

  it('is, for tests, how many and the first of them', () => {
    const outcome = {
      node: '22.0.0',
      passed: 3,
      failed: 2,
      skipped: 0,
      complete: true,
      failures: ['first', 'second'].map((title) => ({ title, file: 'a.test.js', message: 'no' })),
    }
    assert.equal(whyTests({ ended: ended('error'), outcome }), '2 failed, 3 passed: first: no')
    assert.equal(
      whyTests({ ended: ended(''), outcome: { ...outcome, complete: false } }),
      '2 failed, 3 passed (exit code 1): first: no',
    )
    assert.equal(whyTests({ ended: ended('Error: no mocha'), outcome: undefined }), 'exit code 1: Error: no mocha')
  })
})
