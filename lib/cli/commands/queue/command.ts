import type { Command } from '../../command.js'
import { AT, CONFIG, SCRIPT, SENDER } from '../../shared-options.js'

export const QUEUE: Command = {
  name: 'queue',
  summary: 'show the queue in its sending order',
  description: [
    'Reads Haraka’s queue folder, while Haraka runs or not, and asks the senders about each message as the plugin would: which go now, by which sender and in which order; which are skipped and why; which wait for their next try; and for which there is no sender. Nothing is written, and nothing is sent.',
    'A script sees the messages in the order in which Haraka offers them after a start: what is due, oldest first, then what waits. What is under way at the moment, and what rests because no relay server answers, cannot be told from what goes now; relayout why tells it.',
  ],
  arguments: [],
  options: [
    { flags: '--queue <folder>', doc: 'this queue folder in place of Haraka’s own', completes: 'folder' },
    { ...SENDER, doc: 'only what this sender takes or skips' },
    {
      flags: '--limit <n>',
      doc: 'show so many messages; default a screenful on a terminal, else all',
      completes: 'nothing',
    },
    { flags: '--sums', doc: 'only the sums' },
    AT,
    SCRIPT,
    CONFIG,
  ],
  finding: 'files are damaged, or Haraka gave up reading them, or the script failed',
  examples: [
    { call: 'relayout queue', does: 'What is in the queue' },
    { call: 'relayout queue --sums', does: 'How much it is' },
    { call: 'relayout queue --sender bulk --limit 10', does: 'The next ten of a sender' },
    { call: 'relayout queue --script new.lua --at 22:30', does: 'What would go at night under another script' },
    { call: 'relayout queue --json > queue.json', does: 'All of it, for a program' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
