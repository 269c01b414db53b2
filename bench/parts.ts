/**
 * All parts, in the order in which they are run and shown.
 */
import { depth } from './depth.js'
import { drain } from './drain.js'
import { filter } from './filter.js'
import { journalCommands } from './journal-commands.js'
import { journal } from './journal.js'
import { limitedRelay } from './limited-relay.js'
import { memory } from './memory.js'
import type { Part } from './part.js'
import { queueCommand } from './queue-command.js'
import { returnPaths } from './return-paths.js'
import { roundTrips } from './round-trips.js'
import { scheduler } from './scheduler.js'
import { script } from './script.js'
import { share } from './share.js'
import { sideBySide } from './side-by-side.js'

export const PARTS = {
  'limited-relay': limitedRelay,
  drain,
  depth,
  'side-by-side': sideBySide,
  'round-trips': roundTrips,
  'return-paths': returnPaths,
  journal,
  share,
  script,
  memory,
  scheduler,
  filter,
  'queue-command': queueCommand,
  'journal-commands': journalCommands,
} as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as PartName[]
