/** Options that several commands have, in the same words. */
import type { OptionSpec } from './command.js'

export const CONFIG: OptionSpec = {
  flags: '--config <folder>',
  doc: "Haraka's config folder, or the folder that it is in; default $HARAKA/config, else ./config, else this folder",
  completes: 'folder',
}

export const SCRIPT: OptionSpec = {
  flags: '--script <file>',
  doc: 'this script in place of those that the settings name',
  completes: 'file',
}

export const SENDER: OptionSpec = {
  flags: '--sender <name>',
  doc: 'only this sender',
  completes: 'nothing',
}

export const AT: OptionSpec = {
  flags: '--at <time>',
  doc: "what the script's clock says: 22:30, 2026-12-24, 2026-12-24T22:30, with Z or +01:00 behind it if not local",
  completes: 'nothing',
}

export const JSON_OUTPUT: OptionSpec = { flags: '--json', doc: 'for programs: one JSON document' }
