/**
 * A plugin that Haraka loads with and without relayout: it measures its own process from just before the queue is
 * loaded until the last message is out, and writes what it found to a file. Where relayout is not loaded, it also
 * names the relay server and the credentials for it.
 *
 * RELAYOUT_PROBE in the environment is a `ProbeOptions` as JSON.
 */
import fs from 'node:fs'
import { Session } from 'node:inspector'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'

import type { Credentials } from './sink-dialogue.js'

export interface ProbeOptions {
  readonly port: number
  readonly messages: number
  readonly file: string
  readonly credentials: Credentials | undefined
  /** File for a processor profile of the main thread, over the time that is measured; undefined: none is made. */
  readonly profile: string | undefined
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
let profiler: Session | undefined
let before: { loop: EventLoopUtilization; mainCpuMs: number; cpu: NodeJS.CpuUsage }

export function register(this: Plugin): void {
  this.register_hook('init_master', 'begin', -100)
  this.register_hook('get_mx', 'relay')
  this.register_hook('delivered', 'count')
}

export function begin(next: Next): void {
  if (options.profile !== undefined) startProfile()
  before = { loop: performance.eventLoopUtilization(), mainCpuMs: mainCpuMs(), cpu: process.cpuUsage() }
  next()
}

export function relay(next: Next): void {
  const { port, credentials } = options
  const auth = credentials && { auth_user: credentials.user, auth_pass: credentials.pass }
  next(OK, { exchange: '127.0.0.1', port, priority: 0, ...auth })
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
  if (profiler && options.profile !== undefined) writeProfile(profiler, options.profile)
  fs.writeFileSync(`${options.file}.part`, JSON.stringify(report))
  fs.renameSync(`${options.file}.part`, options.file)
}

/** Not by --cpu-prof, for which the start of Haraka would count too. A millisecond a sample: finer ones slow it down. */
function startProfile(): void {
  profiler = new Session()
  profiler.connect()
  profiler.post('Profiler.enable')
  profiler.post('Profiler.start')
}

function writeProfile(session: Session, file: string): void {
  session.post('Profiler.stop', (error, result) => {
    if (error) throw error
    fs.writeFileSync(file, JSON.stringify(result.profile))
  })
}

function mainCpuMs(): number {
  try {
    const nanoseconds = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]
    return Number(nanoseconds) / 1e6
  } catch {
    return 0
  }
}
