import assert from 'node:assert/strict'

import { markdownTable } from './markdown-table.js'

describe('a table in Markdown', () => {
  it('has padded columns', () => {
    assert.deepEqual(
      markdownTable(
        ['a', 'name'],
        [
          ['long one', 1],
          ['b', 22_222],
        ],
      ).split('\n'),
      ['| a        | name  |', '| -------- | ----- |', '| long one | 1     |', '| b        | 22222 |'],
    )
  })

  it('keeps a cell in its line and its column', () => {
    assert.deepEqual(
      markdownTable(['a', 'b'], [['one\n  two|three']])
        .split('\n')
        .at(-1),
      '| one two\\|three |     |',
    )
  })
})
