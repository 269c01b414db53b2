/**
 * A plugin that Haraka loads with and without relayout: it measures its own process from just before the queue is
 * loaded until the last message is out, and writes what it found to a file. Where relayout is not loaded, it also
 * names the relay server.
 *
 * RELAYOUT_PROBE in the environment is a `ProbeOptions` as JSON.
 */
import fs from 'node:fs'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'

export interface ProbeOptions {
  readonly port: number
  readonly messages: number
  readonly file: string
}

export interface ProbeReport {
  /** The main thread was not waiting for events, ms. */
  readonly activeMs: number
  /** The main thread had a processor, ms; 0 where the system does not tell. */
  readonly mainCpuMs: number
  /** All threads, user and system, ms. */
  readonly processCpuMs: number
  /** Highest resident size, MB. */
  readonly maxRssMb: number
}

interface Plugin {
  register_hook(hook: string, method: string, priority?: number): void
}

type Next = (code?: number, value?: unknown) => void

const OK = 906
/** What is left after the last message: QUIT, and the closing of connections. */
const SETTLE_MS = 300

const options = JSON.parse(process.env['RELAYOUT_PROBE'] ?? '{}') as ProbeOptions
let delivered = 0
let before: { loop: EventLoopUtilization; mainCpuMs: number; cpu: NodeJS.CpuUsage }

export function register(this: Plugin): void {
  this.register_hook('init_master', 'begin', -100)
  this.register_hook('get_mx', 'relay')
  this.register_hook('delivered', 'count')
}

export function begin(next: Next): void {
  before = { loop: performance.eventLoopUtilization(), mainCpuMs: mainCpuMs(), cpu: process.cpuUsage() }
  next()
}

export function relay(next: Next): void {
  next(OK, { exchange: '127.0.0.1', port: options.port, priority: 0 })
}

export function count(next: Next): void {
  delivered++
  if (delivered === options.messages) setTimeout(end, SETTLE_MS)
  next()
}

function end(): void {
  const { active } = performance.eventLoopUtilization(before.loop)
  const cpu = process.cpuUsage(before.cpu)
  const report: ProbeReport = {
    activeMs: active,
    mainCpuMs: mainCpuMs() - before.mainCpuMs,
    processCpuMs: (cpu.user + cpu.system) / 1000,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
  }
  fs.writeFileSync(`${options.file}.part`, JSON.stringify(report))
  fs.renameSync(`${options.file}.part`, options.file)
  // A profile is written when the process ends by itself.
  if (process.execArgv.includes('--cpu-prof')) process.exit()
}

function mainCpuMs(): number {
  try {
    const nanoseconds = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]
    return Number(nanoseconds) / 1e6
  } catch {
    return 0
  }
}
