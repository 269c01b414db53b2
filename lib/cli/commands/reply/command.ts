import type { Command } from '../../command.js'
import { AT, CONFIG, SCRIPT, SENDER } from '../../shared-options.js'

export const REPLY: Command = {
  name: 'reply',
  summary: 'show what becomes of a reply of a relay server',
  description: [
    'Asks ReturnCodeHandler about a reply as the plugin would: what it makes of it, which guard acts, what Haraka is given, and what Haraka does then: goes on, defers or bounces, and for whom. Nothing is sent.',
    'COMMAND is the line that was answered: "RCPT TO:<a@example.com>", "MAIL FROM:<b@example.net>", "EHLO x", HELO, LHLO, STARTTLS, "AUTH PLAIN", DATA, . for the end of the message, RSET, QUIT, "" for the greeting. REPLY has one or several lines, with line breaks or \\r\\n between them.',
    'With - the cases come from standard input, one a line: COMMAND, a tab and REPLY, or a JSON object with command and reply. Empty lines and those with # in front do not count. All are put to one session, in their order. ServerConnected is called before the first of them, and by each greeting with 2xx, which begins a new connection.',
    'A message that is deferred bounces when Haraka has tried it often enough. EHLO is taken for the one before TLS, unless a STARTTLS with 220 came before it, or tls = implicit.',
  ],
  arguments: [
    { syntax: '<command>', doc: 'the line that was answered, or -', completes: 'nothing' },
    { syntax: '[reply]', doc: 'the reply, as "550 5.1.1 no such user"', completes: 'nothing' },
  ],
  options: [
    {
      flags: '--server <name>',
      doc: "the relay server whose reply it is (ConnectedServer); default the sender's first",
      completes: 'nothing',
    },
    AT,
    SENDER,
    SCRIPT,
    CONFIG,
  ],
  finding: 'the script failed or is not there, or what it returned was not taken',
  examples: [
    { call: "relayout reply 'RCPT TO:<a@example.com>' '450 4.1.1 User unknown'", does: 'What the rules make of it' },
    { call: "relayout reply --script new.lua . '554 5.7.1 spam'", does: 'Under another script' },
    { call: "relayout reply '' '421 too many connections'", does: 'A greeting' },
    { call: 'relayout reply - < replies.tsv', does: 'A list of replies' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
