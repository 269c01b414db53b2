/**
 * A plugin that has each process of Haraka write down what it holds, once a second, a line of JSON each time:
 * census-PID.jsonl in Haraka's folder.
 */
import fs from 'node:fs'
import path from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

export interface Census {
  readonly atMs: number
  readonly pid: number
  /** Resident size of the process, its JavaScript heap, memory outside of it, MB. */
  readonly rssMb: number
  readonly heapMb: number
  readonly externalMb: number
  readonly arrayBuffersMb: number
  /** Open file descriptors and threads; 0 where the system does not tell. */
  readonly descriptors: number
  readonly threads: number
  /** What keeps the event loop, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** How late the event loop was since the last line, ms. */
  readonly delayP99Ms: number
  readonly delayMaxMs: number
}

interface Plugin {
  register_hook(hook: string, method: string): void
}

const EVERY_MS = 1_000
const RESOLUTION_MS = 10
const MB = 2 ** 20

export function register(this: Plugin): void {
  this.register_hook('init_child', 'begin')
}

export function begin(next: () => void): void {
  const file = path.join(process.env['HARAKA'] ?? '.', `census-${process.pid}.jsonl`)
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  setInterval(() => {
    fs.appendFile(file, `${JSON.stringify(census(delay))}\n`, () => undefined)
    delay.reset()
  }, EVERY_MS).unref()
  next()
}

function census(delay: IntervalHistogram): Census {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  return {
    atMs: Date.now(),
    pid: process.pid,
    rssMb: rss / MB,
    heapMb: heapUsed / MB,
    externalMb: external / MB,
    arrayBuffersMb: arrayBuffers / MB,
    descriptors: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
    resources,
    // The timer that measures is RESOLUTION_MS late by itself.
    delayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    delayMaxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
  }
}

function entries(folder: string): number {
  try {
    return fs.readdirSync(folder).length
  } catch {
    return 0
  }
}
