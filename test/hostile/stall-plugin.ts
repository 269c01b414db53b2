/**
 * A plugin for the Haraka under test that measures how long its main thread is held: the source of a Haraka plugin,
 * and the reading of what it wrote.
 *
 * A *stretch* is the CPU time that the main thread used between two turns of its event loop, from the scheduler's own
 * count (/proc/thread-self/schedstat, nanoseconds on a CPU). Unlike the delay of a timer, it does not count the time
 * for which the system gave the processor to others. It does count garbage collection, compilation and logging.
 * Where there is no such file, stretches are undefined.
 *
 * When the request file holds a new number, the figures since the last request are written, and begin anew.
 */
import fs from 'node:fs'
import path from 'node:path'

import { until } from '../support/haraka-instance.js'

export interface Stretch {
  readonly cpuMs: number
  /** Milliseconds since the figures began. */
  readonly atMs: number
  /** Garbage collection within it, ms. */
  readonly gcMs: number
  /** Characters that script threads were sent, and sent, within it. */
  readonly posted: number
  readonly received: number
}

export interface StallFigures {
  readonly pid: number
  /** The longest, the longest first; undefined where CPU time cannot be read. */
  readonly stretches: readonly Stretch[] | undefined
  /** Delay of the event loop, which counts time given to other processes, too. */
  readonly delayMaxMs: number
  readonly delayP99Ms: number
  readonly cpuMs: number
  readonly forMs: number
}

const REQUEST = 'stall-request'
const ANSWER = 'stall-figures'
const KEPT = 10

// Within Haraka: plain JavaScript, in the instance's plugins folder.
export const STALL_PLUGIN = `
const fs = require('node:fs')
const path = require('node:path')
const { monitorEventLoopDelay, PerformanceObserver, performance } = require('node:perf_hooks')
const { MessagePort } = require('node:worker_threads')

exports.register = function () {
  const folder = process.env.HARAKA
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const buffer = Buffer.alloc(64)
  let file
  try { file = fs.openSync('/proc/thread-self/schedstat') } catch { file = undefined }
  const cpuNs = () => file === undefined ? 0 : Number(buffer.latin1Slice(0, fs.readSync(file, buffer, 0, 64, 0)).split(' ')[0])

  let gcMs = 0
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) gcMs += duration }).observe({ entryTypes: ['gc'] })

  // What goes to and comes from script threads tells whose a stretch is.
  let [posted, received] = [0, 0]
  const { on, postMessage } = MessagePort.prototype
  MessagePort.prototype.on = function (event, listener) {
    return on.call(this, event, event !== 'message' ? listener : (message) => {
      received += message.length ?? 0
      return listener(message)
    })
  }
  MessagePort.prototype.postMessage = function (message, ...others) {
    posted += message.length ?? message.bytes?.length ?? 0
    return postMessage.call(this, message, ...others)
  }

  let last, began, longest
  const now = () => ({ cpuNs: cpuNs(), ms: performance.now(), gcMs, posted, received })
  const again = () => {
    delay.reset()
    began = last = now()
    longest = []
  }
  again()
  setInterval(() => {
    const before = last
    last = now()
    const cpuMs = (last.cpuNs - before.cpuNs) / 1e6
    if (longest.length >= ${KEPT} && cpuMs <= longest.at(-1).cpuMs) return
    longest.push({
      cpuMs,
      atMs: last.ms - began.ms,
      gcMs: last.gcMs - before.gcMs,
      posted: last.posted - before.posted,
      received: last.received - before.received,
    })
    longest.sort((a, b) => b.cpuMs - a.cpuMs)
    longest.length = Math.min(longest.length, ${KEPT})
  }, 1).unref()

  let answered = ''
  setInterval(() => {
    fs.readFile(path.join(folder, '${REQUEST}'), 'utf8', (error, request) => {
      if (error || request === answered || request === '') return
      answered = request
      const figures = {
        request,
        pid: process.pid,
        stretches: file === undefined ? undefined : longest,
        delayMaxMs: delay.max / 1e6,
        delayP99Ms: delay.percentile(99) / 1e6,
        cpuMs: (cpuNs() - began.cpuNs) / 1e6,
        forMs: performance.now() - began.ms,
      }
      fs.writeFile(path.join(folder, '${ANSWER}'), JSON.stringify(figures), again)
    })
  }, 50).unref()
}
`

export class StallMeter {
  readonly #folder: string
  #requests = 0

  /** `folder`: Haraka's. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The figures since the last call. */
  async read(): Promise<StallFigures> {
    const request = String(++this.#requests)
    fs.writeFileSync(path.join(this.#folder, REQUEST), request)
    let found: (StallFigures & { request: string }) | undefined
    await until('the figures of the main thread are there', () => {
      try {
        found = JSON.parse(fs.readFileSync(path.join(this.#folder, ANSWER), 'utf8')) as typeof found
      } catch {
        return false // not yet there, or not yet whole
      }
      return found?.request === request
    })
    return found!
  }
}

/** For people. */
export function stallReport(what: string, { stretches, delayMaxMs, delayP99Ms, cpuMs, forMs }: StallFigures): string {
  const all = stretches?.map(shown).join(', ')
  return (
    `${what}: main thread held for at most ${all ?? 'unknown'} ms of CPU; delay at most ${delayMaxMs.toFixed(1)} ms, ` +
    `p99 ${delayP99Ms.toFixed(1)} ms; CPU ${cpuMs.toFixed(0)} of ${forMs.toFixed(0)} ms`
  )
}

function shown({ cpuMs, gcMs, posted, received }: Stretch): string {
  const notes = [
    ...(gcMs >= 1 ? [`${gcMs.toFixed(1)} ms of collectors`] : []),
    ...(posted >= 10_000 ? [`${Math.round(posted / 1000)} kB to scripts`] : []),
    ...(received >= 10_000 ? [`${Math.round(received / 1000)} kB from scripts`] : []),
  ]
  return `${cpuMs.toFixed(1)}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`
}
