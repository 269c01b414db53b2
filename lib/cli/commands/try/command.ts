import type { Command } from '../../command.js'
import { AT, CONFIG, SCRIPT, SENDER } from '../../shared-options.js'

export const TRY: Command = {
  name: 'try',
  summary: 'show what would be done with messages',
  description: [
    'Asks the senders about each message as the plugin would: whose filter lets it through, who takes it, with which priority, who skips it and why; then in which order the messages would go. Nothing is sent.',
    'A message is a file of Haraka’s queue, a file as mail programs save it (.eml), or - for standard input. One without an envelope of its own has that of its header; as Haraka does, it counts once for each domain of its recipients.',
  ],
  arguments: [{ syntax: '<message...>', doc: 'queue files, message files, or -', completes: 'file' }],
  options: [
    { flags: '--from <address>', doc: 'the return path; "" for the null sender', completes: 'nothing' },
    { flags: '--to <addresses>', doc: 'the recipients', completes: 'nothing', several: true },
    AT,
    SENDER,
    { flags: '--repeat <n>', doc: 'each message so often, in one session', completes: 'nothing' },
    SCRIPT,
    CONFIG,
  ],
  finding: 'the script failed, or is not there',
  examples: [
    { call: 'relayout try letter.eml', does: 'What becomes of this letter' },
    { call: 'relayout try --at 22:30 big.eml', does: 'And at night' },
    { call: 'relayout try --script new.lua queue/*', does: 'The queue under another script' },
    { call: 'relayout try --from a@example.com --to b@example.net -', does: 'With another envelope' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
