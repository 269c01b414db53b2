import type { Command } from '../../command.js'
import { AT, CONFIG, SENDER } from '../../shared-options.js'

export const BACKTEST: Command = {
  name: 'backtest',
  summary: 'show what another script would do differently',
  description: [
    'Puts the same messages and replies to two scripts, as the plugin would, and shows where they differ: what would be taken, skipped, sent by another sender or in another order, and which replies would be rewritten differently. The counts come first, then the messages. Nothing is sent.',
    'The input is Haraka’s queue, a journal (its offers and replies in their order, each at its own time), message files, or several of these.',
    'Each script has one session for each sender from beginning to end. A script that stands for one of several in the settings is compared with the one of the same file name.',
  ],
  arguments: [{ syntax: '[message...]', doc: 'queue files, message files, or -', completes: 'file' }],
  options: [
    { flags: '--script <file>', doc: 'the new script', completes: 'file' },
    { flags: '--against <file>', doc: 'the old one; default what the settings name', completes: 'file' },
    { flags: '--queue', doc: 'the messages in Haraka’s queue' },
    { flags: '--journal <file>', doc: 'what a journal has recorded, its older files included', completes: 'file' },
    { flags: '--limit <n>', doc: 'so many messages of each kind are shown, default 20', completes: 'nothing' },
    AT,
    SENDER,
    CONFIG,
  ],
  finding: 'something would be different, or a script failed',
  examples: [
    { call: 'relayout backtest --script new.lua --queue', does: 'What a new script would do with the queue' },
    {
      call: 'relayout backtest --script new.lua --journal /var/log/relayout.journal',
      does: 'And what it would have done',
    },
    { call: 'relayout backtest --script new.lua --against old.lua letter.eml', does: 'Two files over one letter' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
