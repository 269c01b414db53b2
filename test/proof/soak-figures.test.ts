import assert from 'node:assert/strict'

import type { Census } from '../../proof/census-plugin.js'
import { held, latency, type Measured, minuteTable } from '../../proof/soak-figures.js'
import type { Handed } from '../../proof/steady-client-process.js'

const SECONDS = 600
const SPAN = { fromMs: 0, toMs: SECONDS * 1000 }

const census = (pid: number, second: number, more: Partial<Census> = {}): Census => ({
  atMs: second * 1000,
  pid,
  rssMb: 200,
  // Garbage comes and goes.
  heapMb: 20 + (second % 60),
  externalMb: 3,
  arrayBuffersMb: 1,
  descriptors: 70,
  threads: 18,
  resources: { TCPSocketWrap: 20, Timeout: 10 },
  delayP99Ms: 2,
  delayMaxMs: 9,
  ...more,
})

const run = (more: (second: number) => Partial<Census> = () => ({})): Census[] =>
  Array.from({ length: SECONDS }, (_, second) => [census(1, second), census(2, second, more(second))]).flat()

const tooMuch = (all: readonly Measured[]): string[] => all.filter((one) => one.tooMuch).map(({ what }) => what)

describe('the figures of a soak', () => {
  it('find nothing where nothing grows', () => {
    assert.deepEqual(tooMuch(held(run(), SPAN)), [])
  })

  it('tell of each worker', () => {
    const [memory] = held(
      run(() => ({ rssMb: 210 })),
      SPAN,
    )
    assert.equal(memory?.figure, '200 → 200 MB (1.00), 210 → 210 MB (1.00)')
  })

  const leaks: readonly (readonly [string, (second: number) => Partial<Census>])[] = [
    ['resident memory', (second) => ({ rssMb: 200 + second / 4 })],
    ['JavaScript heap, the least', (second) => ({ heapMb: 20 + (second % 60) + second / 10 })],
    ['memory outside the heap, the least', (second) => ({ externalMb: 3 + second / 10 })],
    ['file descriptors', (second) => ({ descriptors: 70 + Math.floor(second / 30) })],
    ['threads', (second) => ({ threads: 18 + Math.floor(second / 60) })],
    [
      'handles of the event loop',
      (second) => ({ resources: { TCPSocketWrap: 20, Timeout: 10 + Math.floor(second / 30) } }),
    ],
  ]
  for (const [what, more] of leaks)
    it(`find that one worker's ${what} grows`, () => assert.deepEqual(tooMuch(held(run(more), SPAN)), [what]))

  const handed = (tookMs: (second: number) => number): Handed[] =>
    Array.from({ length: SECONDS }, (_, second) => ({
      message: `m${second}`,
      recipient: `r${second}@example.com`,
      atMs: second * 1000,
      tookMs: tookMs(second),
    }))

  it('find that clients wait longer, most of them or a few', () => {
    assert.deepEqual(
      tooMuch(
        latency(
          handed(() => 12),
          SPAN,
        ),
      ),
      [],
    )
    const [half, few] = [
      'time until a small message is taken, 50 of 100',
      'time until a small message is taken, 95 of 100',
    ]
    assert.deepEqual(
      tooMuch(
        latency(
          handed((second) => 12 + second / 20),
          SPAN,
        ),
      ),
      [half, few],
    )
    assert.deepEqual(
      tooMuch(
        latency(
          handed((second) => (second % 10 === 0 ? 12 + second : 12)),
          SPAN,
        ),
      ),
      [few],
    )
  })

  it('stand in a table of whole minutes, workers added up', () => {
    const { head, lines } = minuteTable(
      run(),
      handed(() => 12),
      { fromMs: 0, toMs: 150_000 },
    )
    assert.deepEqual(lines, [
      ['1', '60', '12', '12', '12', '400', '99', '6', '140', '36', '60', '2'],
      ['2', '60', '12', '12', '12', '400', '99', '6', '140', '36', '60', '2'],
    ])
    assert.equal(head.length, lines[0]?.length)
  })
})
