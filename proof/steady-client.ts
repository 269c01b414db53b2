/**
 * The steady client, seen from the proof.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import type { Handed } from './steady-client-process.js'

export class SteadyClient {
  readonly handed: Handed[] = []
  readonly #process: ChildProcess

  constructor(port: number) {
    this.#process = fork(path.join(__dirname, 'steady-client-process.js'), [String(port)])
    this.#process.on('message', (handed) => this.handed.push(...(handed as Handed[])))
  }

  /** Resolves when all that it began is answered. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.send('stop')
    await ended
  }
}
