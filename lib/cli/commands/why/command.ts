import type { Command } from '../../command.js'
import { CONFIG } from '../../shared-options.js'

export const WHY: Command = {
  name: 'why',
  summary: 'tell what happened to a message, and why',
  description: [
    'Tells from the journal all that happened to a message: when it was offered, what each sender’s script said of it and in which version, how it waited, which connections it had, every reply of the relay servers and what was made of it, and what became of each recipient.',
    'Without --journal it is the journal that the settings name. Its older files are read, too.',
  ],
  arguments: [
    {
      syntax: '<message>',
      doc: 'its id as in the log (UUID.1.1; UUID.1: all of one transaction), a queue file’s name, as it is or was, or an address: the latest messages from or to it',
      completes: 'file',
    },
  ],
  options: [
    { flags: '--journal <file>', doc: 'this journal', completes: 'file' },
    {
      flags: '--limit <n>',
      doc: 'so many messages at most, the latest; default 10 for an address, else 1000',
      completes: 'nothing',
    },
    CONFIG,
  ],
  finding: 'nothing was found, or the journal has lines that cannot be read',
  examples: [
    { call: 'relayout why 3DCE7A4B-AB77-4326-A9FF-3AFF8D4ACAE2.1.1', does: 'A message that the log names' },
    { call: 'relayout why queue/1795420846659_1795420846659_0_25015_AycpMb_5_mx', does: 'One that is in the queue' },
    { call: 'relayout why ann@example.net --limit 1', does: 'The last one from or to an address' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
