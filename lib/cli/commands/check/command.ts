import type { Command } from '../../command.js'
import { CONFIG } from '../../shared-options.js'

export const CHECK: Command = {
  name: 'check',
  summary: 'look for mistakes in scripts and settings',
  description: [
    'Reads relayout.ini as Haraka does; compiles each script and runs it as a session of each of its senders would, Start included; and looks at its text: functions whose names are nearly right and that would never be called, globals that are read but never set, arguments that a function is never passed, functions that are not available, assignments that are ignored.',
    'With a script it is that one which is checked, in place of those that the settings name.',
  ],
  arguments: [{ syntax: '[script]', doc: 'a Lua file', completes: 'file' }],
  options: [CONFIG],
  finding: 'there is an error or a warning',
  examples: [
    { call: 'relayout check', does: 'The installation in this folder' },
    { call: 'relayout check new.lua', does: 'A script before it is put in place' },
    { call: 'relayout check --config /etc/haraka --json', does: 'For a program' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
