/**
 * The sink, seen from the benchmark.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import type { SinkReport } from './sink.js'
import type { SinkOptions } from './sink-dialogue.js'

export class Sink {
  readonly #process: ChildProcess
  readonly options: SinkOptions
  readonly port: number

  private constructor(child: ChildProcess, options: SinkOptions, port: number) {
    this.#process = child
    this.options = options
    this.port = port
  }

  static async start(options: SinkOptions): Promise<Sink> {
    const child = fork(path.join(__dirname, 'sink.js'), [JSON.stringify(options)])
    const [{ port }] = (await once(child, 'message')) as [SinkReport]
    return new Sink(child, options, port)
  }

  /** A sink for as long as `use` takes. */
  static async during<Result>(options: SinkOptions, use: (sink: Sink) => Promise<Result>): Promise<Result> {
    const sink = await Sink.start(options)
    try {
      return await use(sink)
    } finally {
      sink.#process.disconnect()
    }
  }

  async ask(request: 'reset' | 'report'): Promise<SinkReport> {
    const answer = once(this.#process, 'message')
    this.#process.send(request)
    const [report] = (await answer) as [SinkReport]
    return report
  }
}
