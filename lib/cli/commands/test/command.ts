import type { Command } from '../../command.js'
import { CONFIG, SCRIPT } from '../../shared-options.js'

export const TEST: Command = {
  name: 'test',
  summary: 'check that the rules do what is expected of them',
  description: [
    'Puts messages and replies to the rules and compares what is decided with what you expect. Expectations stand in a YAML file of yours, to be run after each change of the script, by hand or by a CI service. Nothing is sent.',
    'A test has a name, a message or a reply, perhaps the time, and what is expected: by which sender the message goes or that it is skipped, with which priority, why, and in which order messages go; or what becomes of the reply. Each test has a session of its own. All keys are in docs/EXPECTATIONS.md of the package, with examples.',
    'What is given here goes before what the file names as script or settings.',
  ],
  arguments: [{ syntax: '<file...>', doc: 'files of expectations, or -', completes: 'file' }],
  options: [
    {
      flags: '--only <part>',
      doc: 'only tests with this in their names, in upper or lower case',
      completes: 'nothing',
    },
    SCRIPT,
    CONFIG,
  ],
  finding: 'something came otherwise than expected',
  examples: [
    { call: 'relayout test expectations.yaml', does: 'Whether all is as expected' },
    { call: 'relayout test --script new.lua expectations.yaml', does: 'And with another script' },
    { call: 'relayout test --only "office hours" tests/*.yaml', does: 'Some tests of several files' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
