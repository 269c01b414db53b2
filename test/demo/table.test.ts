import assert from 'node:assert/strict'

import { resultTable } from '../../demo/report.js'
import { scenario } from '../../demo/scenario.js'
import { table, wrap } from '../../demo/table.js'

describe('a table', () => {
  it('has cells of several lines', () => {
    const columns = [
      { title: 'a', width: 3 },
      { title: 'b', width: 5 },
    ]
    assert.deepEqual(table(columns, [['x', 'one two\nthree']]).split('\n'), [
      'a    b',
      '───  ─────',
      'x    one',
      '     two',
      '     three',
    ])
  })

  it('breaks at spaces, and a word only when it is longer than a line', () => {
    assert.deepEqual(wrap('ab cd efghijk l', 5), ['ab cd', 'efghi', 'jk l'])
    assert.deepEqual(wrap('', 5), [''])
  })

  it('of results is at most 100 columns wide', () => {
    const long = 'a long text without any end to it '.repeat(3)
    const results = scenario(0).map((one) => ({
      case: one,
      observation: {
        sender: 'a-sender-with-a-long-name',
        priority: 100,
        reason: long,
        reply: long,
        rewritten: long,
        delivered: 1,
        bounced: 1,
        fate: 'delivered' as const,
        reported: true,
        diagnostic: long,
        place: 1111,
      },
    }))
    for (const line of resultTable(results).split('\n')) assert.ok(line.length <= 100, line)
  })
})
