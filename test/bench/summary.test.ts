import assert from 'node:assert/strict'

import type { Delivered } from '../../bench/drain-once.js'
import { type Figure, figure, goalAndMiss, type Goal } from '../../bench/figure.js'
import { rates, speedRow } from '../../bench/rates.js'
import { summaryTable } from '../../bench/summary.js'

const wanted = (goal: Goal, ...ratios: number[]): Figure => ({ ...figure('one', 'higher', ratios, ''), goal })

/** Drains of 1,000 messages; `seconds` from the first MAIL, a second less than from the start. */
const drains = (...seconds: number[]): Delivered[] =>
  seconds.map((one) => ({
    messages: 1_000,
    left: 0,
    drainMs: one * 1_000,
    fromStartMs: (one + 1) * 1_000,
    connections: 5,
    maxOpen: 5,
  }))

const lines = (table: string): string[] => table.split('\n').slice(2)

describe('a goal', () => {
  it('is missed by the median, whatever single rounds were', () => {
    assert.equal(goalAndMiss(wanted('≥ 1.5', 1.4, 1.49, 9)), '≥ 1.5, missed')
    assert.equal(goalAndMiss(wanted('≥ 1.5', 1.4, 1.6, 1.7)), '≥ 1.5')
    assert.equal(goalAndMiss(wanted('≤ 0.1', 0.11)), '≤ 0.1, missed')
    assert.equal(goalAndMiss(wanted('≤ 0.1', 0.09)), '≤ 0.1')
  })

  it('is reached where the median as it is shown reaches it', () => {
    assert.equal(goalAndMiss(wanted('≥ 1.0', 0.996)), '≥ 1.0')
    assert.equal(goalAndMiss(wanted('≤ 1.10', 1.104)), '≤ 1.10')
  })

  it('is nothing where there is none', () => {
    assert.equal(goalAndMiss(figure('one', 'higher', [1], '')), '')
  })
})

describe('the table of all parts', () => {
  const own = { name: 'plugin', drains: drains(1, 2, 4) }
  const haraka = { name: 'Haraka', drains: drains(3, 4, 4) }
  const postfix = { name: 'Postfix', drains: drains(1, 1, 1) }
  const [withHaraka] = rates(own, haraka, ['first MAIL'])
  const [withPostfix] = rates(own, postfix, ['first MAIL'])

  it('has the medians of the measurements, and of the ratios of each round', () => {
    const row = speedRow('a queue', 'first MAIL', own, { harakaAlone: haraka, postfix })
    const figures = [withHaraka!, { ...withPostfix!, goal: '≥ 1.0' as const }]
    assert.deepEqual(lines(summaryTable([{ figures, summary: [row] }])), [
      '| a queue: messages/s from the first MAIL | 500/s | 250/s | 1,000/s | – | ' +
        'Haraka alone: 2.00 (1.00–3.00); Postfix: 0.50 (0.25–1.00) | Postfix: ≥ 1.0, **missed** |',
    ])
  })

  it('has no cell and no ratio of whom was not measured', () => {
    const row = speedRow('a queue', 'first MAIL', own, {
      harakaAlone: haraka,
      postfix: { name: 'Postfix', drains: [] },
    })
    assert.deepEqual(lines(summaryTable([{ figures: [withHaraka!], summary: [row] }])), [
      '| a queue: messages/s from the first MAIL | 500/s | 250/s | – | – | Haraka alone: 2.00 (1.00–3.00) | – |',
    ])
  })

  it('says how far it came whose time was up', () => {
    const cut = drains(50, 50).map((one) => ({ ...one, messages: 100, left: 900 }))
    const row = speedRow('a queue', 'first MAIL', own, { harakaAlone: { name: 'Haraka', drains: cut } })
    assert.equal(row.harakaAlone, '2.0/s, 100 of 1,000 in 51 s')
  })

  it('refuses a row whose figure the part does not have', () => {
    const row = speedRow('a queue', 'first MAIL', own, { postfix })
    assert.throws(() => summaryTable([{ figures: [withHaraka!], summary: [row] }]), /a queue.* has no figure "plugin/)
  })

  it('is shorter in the README: chosen rows, without the sink', () => {
    const long = { what: 'long', ours: '1', ratios: [] }
    const brief = { what: 'brief', ours: '2', sinkLimit: '3', ratios: [], brief: true }
    const parts = [
      { figures: [], summary: [long] },
      { figures: [], summary: [brief] },
    ]
    assert.deepEqual(lines(summaryTable(parts)), [
      '| long | 1 | – | – | – | – | – |',
      '| brief | 2 | – | – | 3 | – | – |',
    ])
    assert.deepEqual(lines(summaryTable(parts, true)), ['| brief | 2 | – | – | – | – |'])
  })
})
