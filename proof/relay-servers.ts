/**
 * The relay servers' process, seen from the proof.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import path from 'node:path'

import type { Sighting } from '../test/accounting/ledger.js'
import type { RelaysSaid, RelaysSetup, RelayUse } from './relays-setup.js'

export interface Seen {
  readonly sightings: readonly Sighting[]
  readonly use: readonly RelayUse[]
}

export class RelayServers {
  readonly #process: ChildProcess
  readonly ports: Readonly<Record<string, number>>

  private constructor(child: ChildProcess, ports: Readonly<Record<string, number>>) {
    this.#process = child
    this.ports = ports
  }

  static async start(setup: RelaysSetup): Promise<RelayServers> {
    const child = fork(path.join(__dirname, 'relay-process.js'), [JSON.stringify(setup)])
    const [said] = (await once(child, 'message')) as [RelaysSaid]
    if (!('ports' in said)) throw new Error('the relay servers have no ports')
    return new RelayServers(child, said.ports)
  }

  /** From now on they take everything but what nobody takes. */
  beReliable(): void {
    this.#process.send('reliable')
  }

  /** All that they have accepted so far. */
  async seen(): Promise<Seen> {
    const sightings: Sighting[] = []
    const pieces = on(this.#process, 'message') as AsyncIterable<[RelaysSaid]>
    this.#process.send('sightings')
    for await (const [said] of pieces) {
      if (!('sightings' in said)) continue
      sightings.push(...said.sightings)
      if (said.last) return { sightings, use: said.use }
    }
    throw new Error('the relay servers say nothing')
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect()
  }
}
