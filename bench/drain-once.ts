/**
 * One Haraka empties a queue of messages into the sink: how long it took, how many connections, what it cost.
 */
import fs from 'node:fs'
import path from 'node:path'

import { configFor, type DrainSetup, JOURNAL } from './drain-setup.js'
import { Haraka } from './haraka.js'
import type { ProbeOptions, ProbeReport } from './probe.js'
import type { SinkReport } from './sink.js'
import type { Sink } from './sink-process.js'

const LONGEST_MS = 120_000

/** What the sink saw of a mail server that emptied its queue. */
export interface Delivered {
  /** Accepted by the sink. */
  readonly messages: number
  /** Still in the queue when time was up; 0 in all drains but those that may be cut off. */
  readonly left: number
  /** From the first MAIL at the sink to the last accepted message, or until time was up. */
  readonly drainMs: number
  /** From the start of the process to the last accepted message, or until time was up. */
  readonly fromStartMs: number
  readonly connections: number
  readonly maxOpen: number
}

/** A drain that was cut off has no probe's report: its costs are 0. */
export type Drain = Delivered &
  ProbeReport & {
    /** Size of the journal, where one was kept. */
    readonly journalBytes: number
  }

export interface DrainOptions {
  /** After this time, less than two minutes, what was delivered by then counts; undefined: it fails at two minutes. */
  readonly cutOffMs?: number | undefined
  /** File for a processor profile of the main thread. */
  readonly profile?: string | undefined
  /** File for a copy of the journal, where one is kept. */
  readonly journal?: string | undefined
}

const NO_REPORT: ProbeReport = { activeMs: 0, mainCpuMs: 0, processCpuMs: 0, maxRssMb: 0 }

/** `queue`: a folder of queue files, which is copied. */
export async function drainOnce(
  setup: DrainSetup,
  queue: string,
  sink: Sink,
  { cutOffMs = Infinity, profile, journal }: DrainOptions = {},
): Promise<Drain> {
  const messages = fs.readdirSync(queue).length
  const { credentials } = sink.options
  const haraka = await Haraka.create({
    plugins: setup.relayout ? ['relayout', 'probe'] : ['probe'],
    sources: { probe: `Object.assign(exports, require(${JSON.stringify(path.join(__dirname, 'probe.js'))}))` },
    config: configFor(setup, sink.port, credentials),
  })
  const file = path.join(haraka.folder, 'probe.json')
  const probe: ProbeOptions = { port: sink.port, messages, file, credentials, profile }
  haraka.env['RELAYOUT_PROBE'] = JSON.stringify(probe)
  try {
    fs.cpSync(queue, haraka.queue, { recursive: true })
    await sink.ask('reset')
    const startMs = Date.now()
    haraka.spawn()
    const done = (): boolean => fs.existsSync(file)
    await haraka.until('the queue is empty', LONGEST_MS, () => done() || Date.now() - startMs > cutOffMs)
    const report = await sink.ask('report')
    if (!done()) return { ...delivered(report, messages, startMs, Date.now()), ...NO_REPORT, journalBytes: 0 }
    const left = fs.readdirSync(haraka.queue).length
    if (left > 0) throw new Error(`${left} messages are left in the queue`)
    const cost = JSON.parse(fs.readFileSync(file, 'utf8')) as ProbeReport
    if (journal !== undefined) fs.copyFileSync(path.join(haraka.folder, JOURNAL), journal)
    const journalBytes = setup.journal ? fs.statSync(path.join(haraka.folder, JOURNAL)).size : 0
    return { ...delivered(report, messages, startMs, report.lastAcceptedMs), ...cost, journalBytes }
  } finally {
    await haraka.remove()
  }
}

/** `messages`: how many there were to deliver; throws when more were delivered. */
export function delivered(report: SinkReport, messages: number, startMs: number, endMs: number): Delivered {
  const left = messages - report.messages
  if (left < 0) throw new Error(`the sink has ${report.messages} messages of ${messages}`)
  return {
    messages: report.messages,
    left,
    drainMs: endMs - report.firstMailMs,
    fromStartMs: endMs - startMs,
    connections: report.connections,
    maxOpen: report.maxOpen,
  }
}
