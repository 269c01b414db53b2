/**
 * One Haraka empties a queue of messages into the sink: how long it took, how many connections, what it cost.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { Haraka } from './haraka.js'
import type { ProbeOptions, ProbeReport } from './probe.js'
import type { SinkReport } from './sink.js'

const LONGEST_MS = 120_000

export interface DrainSetup {
  /** False: Haraka without the plugin. */
  readonly relayout: boolean
  /** The text of config/relayout.lua; undefined: no such file. */
  readonly script?: string
  /** max_connections of the sender, or without the plugin concurrency_max; undefined: the default. */
  readonly connections?: number
  readonly execArgv?: readonly string[]
}

export interface Drain extends ProbeReport {
  readonly messages: number
  /** From the first MAIL at the sink to the last accepted message. */
  readonly drainMs: number
  /** From the start of the process to the last accepted message. */
  readonly fromStartMs: number
  /** From the start of the process to the first MAIL. */
  readonly firstMailMs: number
  readonly connections: number
  readonly maxOpen: number
}

export class Sink {
  readonly #process: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.port = port
  }

  static async start(): Promise<Sink> {
    const child = fork(path.join(__dirname, 'sink.js'))
    const [{ port }] = (await once(child, 'message')) as [SinkReport]
    return new Sink(child, port)
  }

  async ask(request: 'reset' | 'report'): Promise<SinkReport> {
    const answer = once(this.#process, 'message')
    this.#process.send(request)
    const [report] = (await answer) as [SinkReport]
    return report
  }

  stop(): void {
    this.#process.disconnect()
  }
}

/** `queue`: a folder of queue files, which is copied. */
export async function drainOnce(setup: DrainSetup, queue: string, sink: Sink): Promise<Drain> {
  const messages = fs.readdirSync(queue).length
  const haraka = await Haraka.create({
    plugins: setup.relayout ? ['relayout', 'probe'] : ['probe'],
    sources: { probe: `Object.assign(exports, require(${JSON.stringify(path.join(__dirname, 'probe.js'))}))` },
    config: configFor(setup, sink.port),
    ...(setup.execArgv ? { execArgv: setup.execArgv } : {}),
  })
  const file = path.join(haraka.folder, 'probe.json')
  haraka.env['RELAYOUT_PROBE'] = JSON.stringify({ port: sink.port, messages, file } satisfies ProbeOptions)
  try {
    fs.cpSync(queue, haraka.queue, { recursive: true })
    await sink.ask('reset')
    const startMs = Date.now()
    haraka.spawn()
    await haraka.until('the queue is empty', LONGEST_MS, () => fs.existsSync(file))
    const report = await sink.ask('report')
    if (report.messages !== messages) throw new Error(`the sink has ${report.messages} messages of ${messages}`)
    const left = fs.readdirSync(haraka.queue).length
    if (left > 0) throw new Error(`${left} messages are left in the queue`)
    return {
      ...(JSON.parse(fs.readFileSync(file, 'utf8')) as ProbeReport),
      messages,
      drainMs: report.lastAcceptedMs - report.firstMailMs,
      fromStartMs: report.lastAcceptedMs - startMs,
      firstMailMs: report.firstMailMs - startMs,
      connections: report.connections,
      maxOpen: report.maxOpen,
    }
  } finally {
    if (setup.execArgv) await haraka.ended()
    await haraka.remove()
  }
}

function configFor({ relayout, script, connections }: DrainSetup, port: number): Record<string, string> {
  if (!relayout) return connections === undefined ? {} : { 'outbound.ini': `concurrency_max=${connections}\n` }
  const limit = connections === undefined ? '' : `max_connections = ${connections}\n`
  return {
    'relayout.ini': `[sender.default]\nhost = 127.0.0.1:${port}\n${limit}`,
    ...(script === undefined ? {} : { 'relayout.lua': script }),
  }
}
