/**
 * What the proof and the process of its relay servers say to each other.
 */
import type { Sighting } from '../test/accounting/ledger.js'
import type { ScriptedRelayOptions } from '../test/support/scripted-relay.js'

/** Where DSNs go: this one is reliable. */
export const DSNS = 'dsns'

export interface RelaysSetup {
  readonly seed: number
  /** How often they fail, against what test/support/unreliable-relay.ts has. */
  readonly faults: number
  /** What can be said in JSON, by name. */
  readonly relays: Readonly<Record<string, ScriptedRelayOptions>>
}

export type RelaysSaid =
  | { readonly ports: Readonly<Record<string, number>> }
  | { readonly sightings: readonly Sighting[]; readonly last: boolean; readonly use: readonly RelayUse[] }

export interface RelayUse {
  readonly name: string
  readonly messages: number
  readonly connections: number
  readonly maxOpen: number
}
