/**
 * What is flat: the last third of a run against the first third, once the first minutes are over.
 */
import { median } from '../bench/figure.js'

export interface Sample {
  readonly atMs: number
  readonly value: number
}

export interface Trend {
  readonly first: number
  readonly last: number
  /** last / first; 1 where both are 0. */
  readonly ratio: number
}

/** The time that counts, and its thirds. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** Two minutes at most, and less of a short run. */
export function afterWarmUp(startMs: number, endMs: number): Span {
  return { fromMs: startMs + Math.min(120_000, (endMs - startMs) / 4), toMs: endMs }
}

/** `of`: the figure of a third, by default the median. Throws where a third has no sample. */
export function trend(samples: readonly Sample[], { fromMs, toMs }: Span, of = median): Trend {
  const third = (toMs - fromMs) / 3
  const within = (begin: number, end: number): number[] => {
    const values = samples.filter(({ atMs }) => atMs >= begin && atMs < end).map(({ value }) => value)
    if (values.length === 0) throw new Error('a third of the run has no sample')
    return values
  }
  const first = of(within(fromMs, fromMs + third))
  const last = of(within(toMs - third, toMs))
  return { first, last, ratio: first === last ? 1 : last / first }
}

/** How much more is too much: by both, the share and the amount. */
export interface Allowance {
  readonly share: number
  readonly amount: number
}

export function grows({ first, last }: Trend, { share, amount }: Allowance): boolean {
  return last > first * (1 + share) && last > first + amount
}

/** Of 0 to 1: the smallest value that so many are not above; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** The samples by minute, from the start on. */
export function byMinute<Kind extends Pick<Sample, 'atMs'>>(samples: readonly Kind[], startMs: number): Kind[][] {
  const minuteOf = ({ atMs }: Kind): number => Math.floor((atMs - startMs) / 60_000)
  const count = Math.max(0, ...samples.map((sample) => minuteOf(sample) + 1))
  return Array.from({ length: count }, (_, minute) => samples.filter((sample) => minuteOf(sample) === minute))
}
