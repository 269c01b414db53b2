/**
 * The test relay as the commands see it: started, its records, ended.
 */
import { once } from 'node:events'
import path from 'node:path'

import { type Child, endChild, startChild } from './child.js'
import { Problem } from './problem.js'
import type { RelayMessage } from './relay-process.js'
import type { RelayRecord } from './test-relay.js'

export class RelayChild {
  readonly records: RelayRecord[] = []
  readonly #child: Child
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>

  private constructor(child: Child) {
    this.#child = child
    this.ended = once(child, 'exit')
  }

  /** One relay a port. Throws a Problem when one cannot be had. */
  static async start(ports: readonly number[], heard: (record: RelayRecord) => void): Promise<RelayChild> {
    const child = startChild(path.join(__dirname, 'relay-process.js'), ports.map(String))
    const relay = new RelayChild(child)
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string): void => {
        reject(new Problem(`The test relay cannot listen on port ${ports.join(' and ')}: ${why.trim()}.`))
      }
      child.on('message', (message: RelayMessage) => {
        if ('record' in message) {
          relay.records.push(message.record)
          heard(message.record)
        } else if ('failed' in message) failed(message.failed)
        else resolve()
      })
      child.once('exit', (code) => failed(errors || `it ended with code ${String(code)}`))
    })
    return relay
  }

  end(): Promise<void> {
    return endChild(this.#child)
  }
}
