/**
 * What a soak is judged by: what the workers hold and how long a client waits, in the last third of the run against the
 * first, and minute by minute.
 */
import type { Census } from './census-plugin.js'
import { type Allowance, byMinute, grows, percentile, type Sample, type Span, type Trend, trend } from './flat.js'
import { median } from '../bench/figure.js'
import type { Table } from './part.js'
import type { Handed } from './steady-client-process.js'

export interface Measured {
  readonly what: string
  readonly figure: string
  /** It is not flat. */
  readonly tooMuch: boolean
}

/** More than this is too much. */
export const MEMORY: Allowance = { share: 0.25, amount: 30 }
export const HANDLES: Allowance = { share: 0.1, amount: 5 }
export const LATENCY: Allowance = { share: 0.5, amount: 5 }

const least = (values: readonly number[]): number => Math.min(...values)
const handlesOf = (resources: Census['resources']): number =>
  Object.values(resources).reduce((sum, count) => sum + count, 0)

interface Holding {
  readonly what: string
  readonly unit: string
  readonly value: (census: Census) => number
  /** Of a third: what garbage there is changes from moment to moment, so of a heap the least counts. */
  readonly of: (values: readonly number[]) => number
  readonly allowance: Allowance
}

const HOLDINGS: readonly Holding[] = [
  { what: 'resident memory', unit: ' MB', value: ({ rssMb }) => rssMb, of: median, allowance: MEMORY },
  { what: 'JavaScript heap, the least', unit: ' MB', value: ({ heapMb }) => heapMb, of: least, allowance: MEMORY },
  {
    what: 'memory outside the heap, the least',
    unit: ' MB',
    value: ({ externalMb }) => externalMb,
    of: least,
    allowance: MEMORY,
  },
  {
    what: 'file descriptors',
    unit: '',
    value: ({ descriptors }) => descriptors,
    of: median,
    allowance: HANDLES,
  },
  { what: 'threads', unit: '', value: ({ threads }) => threads, of: median, allowance: HANDLES },
  {
    what: 'handles of the event loop',
    unit: '',
    value: ({ resources }) => handlesOf(resources),
    of: median,
    allowance: HANDLES,
  },
]

/** What each worker holds, of those that were there all the time. */
export function held(censuses: readonly Census[], span: Span): Measured[] {
  const third = (span.toMs - span.fromMs) / 3
  const early = censuses.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.fromMs + third)
  const late = new Set(
    censuses.filter(({ atMs }) => atMs >= span.toMs - third && atMs < span.toMs).map(({ pid }) => pid),
  )
  const workers = [...new Set(early.map(({ pid }) => pid))].filter((pid) => late.has(pid))
  return HOLDINGS.map(({ what, unit, value, of, allowance }) => {
    const trends = workers.map((worker) => {
      const own = censuses.filter(({ pid }) => pid === worker)
      return trend(
        own.map((census) => ({ atMs: census.atMs, value: value(census) })),
        span,
        of,
      )
    })
    return measured(what, trends, unit, allowance)
  })
}

/** How long the steady client waited for its messages to be taken. */
export function latency(handed: readonly Handed[], span: Span): Measured[] {
  const samples: Sample[] = handed.map(({ atMs, tookMs }) => ({ atMs, value: tookMs }))
  return [0.5, 0.95, 0.99].map((share) => {
    const one = trend(samples, span, (values) => percentile(values, share))
    const allowance = share === 0.99 ? { share: Infinity, amount: Infinity } : LATENCY
    return measured(`time until a small message is taken, ${share * 100} of 100`, [one], ' ms', allowance)
  })
}

function measured(what: string, trends: readonly Trend[], unit: string, allowance: Allowance): Measured {
  const shown = trends.map(
    ({ first, last, ratio }) => `${number(first)} → ${number(last)}${unit} (${ratio.toFixed(2)})`,
  )
  return { what, figure: shown.join(', '), tooMuch: trends.some((one) => grows(one, allowance)) }
}

function number(value: number): string {
  return value < 100 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0)
}

/** Of all workers together, medians added up, but for how late the event loop is, where the worst counts. Whole minutes. */
export function minuteTable(censuses: readonly Census[], handed: readonly Handed[], { fromMs, toMs }: Span): Table {
  const clients = byMinute(handed, fromMs)
  const minutes = byMinute(censuses, fromMs).slice(0, Math.floor((toMs - fromMs) / 60_000))
  const lines = minutes.map((minute, i) => {
    const pids = [...new Set(minute.map(({ pid }) => pid))]
    const sum = (value: (census: Census) => number): string =>
      number(pids.reduce((total, one) => total + median(minute.filter(({ pid }) => pid === one).map(value)), 0))
    const times = (clients[i] ?? []).map(({ tookMs }) => tookMs)
    return [
      String(i + 1),
      String(times.length),
      ...[0.5, 0.95, 0.99].map((share) => number(percentile(times, share))),
      sum(({ rssMb }) => rssMb),
      sum(({ heapMb }) => heapMb),
      sum(({ externalMb }) => externalMb),
      sum(({ descriptors }) => descriptors),
      sum(({ threads }) => threads),
      sum(({ resources }) => handlesOf(resources)),
      number(Math.max(...minute.map(({ delayP99Ms }) => delayP99Ms))),
    ]
  })
  return {
    head: [
      'minute',
      'messages of the steady client',
      '50 of 100 taken within, ms',
      '95 of 100',
      '99 of 100',
      'resident, MB',
      'heap, MB',
      'outside it, MB',
      'descriptors',
      'threads',
      'handles',
      'event loop late, 99 of 100, ms',
    ],
    lines,
  }
}
