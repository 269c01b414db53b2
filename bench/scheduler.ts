/**
 * The scheduler: one message leaves, the next one starts, another is taken, while 100,000 or 1,000 wait. As both are
 * O(log n), the longer queue costs log 100,000 / log 1,000 = 1.7 times as many comparisons, and what the processor's
 * caches add; a scheduler that looked at all that waits would be at 0.01.
 */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../lib/core/clock.js'
import { Scheduler } from '../lib/core/scheduler.js'
import { figure, median } from './figure.js'
import type { Part } from './part.js'
import { withCommas } from './summary.js'

const SHORT = 1_000
const LONG = 100_000
const SLOTS = 5
/** In each round, taken in turns: single ones are short enough for a pause of the garbage collector to double them. */
const PIECES = 7
const OPERATIONS = 20_000

/** The scheduler collects nothing here: it waits for no timer. */
const CLOCK: Clock = { now: () => 0, monotonicMs: () => 0, after: () => () => undefined }

export const scheduler: Part = {
  about: 'A message leaves the queue of those that wait, the best one starts and another comes in.',
  secondsARound: 1,
  run({ rounds: all }) {
    const long = waiting(LONG)
    const short = waiting(SHORT)
    const rounds = []
    for (let round = 0; round <= all; round++) {
      const pieces = Array.from({ length: PIECES }, () => ({ long: perSecond(long), short: perSecond(short) }))
      const longRate = median(pieces.map((piece) => piece.long))
      const shortRate = median(pieces.map((piece) => piece.short))
      // The first round only warms up.
      if (round > 0) rounds.push({ longRate, shortRate })
    }
    const [ofLong, ofShort] = [
      `${withCommas(median(rounds.map(({ longRate }) => longRate)))}/s`,
      `${withCommas(median(rounds.map(({ shortRate }) => shortRate)))}/s`,
    ]
    const one = figure(
      `take and start: operations per second, ${LONG} waiting / ${SHORT} waiting`,
      'higher',
      rounds.map(({ longRate, shortRate }) => longRate / shortRate),
      `${ofLong} against ${ofShort}; comparisons alone make it 0.60`,
    )
    return {
      figures: [one],
      summary: [
        {
          what: `messages taken and started per second while ${withCommas(LONG)} wait`,
          ours: ofLong,
          ratios: [{ to: `while ${withCommas(SHORT)} wait (${ofShort})`, figure: one.name }],
          brief: true,
        },
      ],
    }
  },
}

/** One message ends, the best starts, another comes in. */
type Step = () => void

function waiting(count: number): Step {
  const random = generator()
  const scheduler = new Scheduler<number>({
    clock: CLOCK,
    slots: () => SLOTS,
    collectMs: () => 0,
    slow: () => false,
    order: () => 'arrival',
    start: () => undefined,
  })
  let next = 0
  const take = (): void => {
    const rank = { priority: 1 + Math.floor(random() * 100), arrivalMs: Math.floor(random() * 1e9), size: 2_000 }
    scheduler.offer().take(next++, rank)
  }
  for (let i = 0; i < count + SLOTS; i++) take()
  if (scheduler.waiting !== count) throw new Error(`${scheduler.waiting} wait instead of ${count}`)
  return () => {
    scheduler.release()
    take()
  }
}

function perSecond(step: Step): number {
  const start = performance.now()
  for (let i = 0; i < OPERATIONS; i++) step()
  return (OPERATIONS * 1000) / (performance.now() - start)
}

/** The same numbers in every run: the minimal standard generator of Park and Miller. */
function generator(): () => number {
  let state = 20_260_101
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
