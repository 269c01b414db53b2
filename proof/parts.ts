/**
 * The parts of the proof by name, in the order in which they are run.
 */
import { cluster } from './cluster.js'
import { crashes } from './crashes.js'
import type { Part } from './part.js'
import { soak } from './soak.js'

export const PARTS = { crashes, cluster, soak } as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS
