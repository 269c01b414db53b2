import assert from 'node:assert/strict'

import { newestOf } from './npm-registry.js'

describe('the newest of the versions that npm knows', () => {
  for (const [answer, newest] of [
    ['3.3.4', '3.3.4'],
    [['3.3.0', '3.3.4'], '3.3.4'],
    [['3.3.9', '3.3.10', '3.3.2'], '3.3.10'],
    [['9.20.0', '10.3.0'], '10.3.0'],
    [[], undefined],
  ] as const) {
    it(`is ${newest ?? 'none'} of ${JSON.stringify(answer)}`, () => assert.equal(newestOf(answer), newest))
  }
})
