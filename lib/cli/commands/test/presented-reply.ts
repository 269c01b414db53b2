/**
 * What Haraka would be given for a reply of a relay server: ReturnCodeHandler is asked and its answer guarded, as the
 * plugin does it (relay/reply-judge.ts).
 */
import { fromBytes, toBytes } from '../../../core/byte-string.js'
import type { Stage } from '../../../core/reply-guards.js'
import { presentedLines, type Reply, replyClass } from '../../../core/reply.js'
import type { SenderSettings, Settings } from '../../../core/settings/settings.js'
import { failureOf } from '../../../policy/failure.js'
import type { RewriteEvent } from '../../../relay/relay-observer.js'
import { ReplyJudge } from '../../../relay/reply-judge.js'
import { SecretRedaction } from '../../../relay/secret-redaction.js'
import { type Callback, ScriptError, type ScriptSession } from '../../../script/port.js'
import type { Rehearsal } from '../../rehearsal/rehearsal.js'

export interface Presented {
  /** What Haraka is given, its lines joined by LF. */
  readonly reply: string
  readonly outcome: RewriteEvent['outcome'] | 'unchanged'
  /** Of the guards. */
  readonly warnings: readonly string[]
  /** How the script failed. */
  readonly failures: readonly string[]
}

/** `server`: its name, undefined: the sender's first. `begins`: no reply came from it before. Never rejects. */
export async function presented(
  { rehearsal, settings }: { readonly rehearsal: Rehearsal; readonly settings: Settings },
  sender: SenderSettings,
  exchange: { readonly command: string; readonly reply: Reply; readonly server?: string | undefined; begins: boolean },
): Promise<Presented> {
  const { command, reply, begins } = exchange
  const server = toBytes(exchange.server ?? sender.servers[0]?.host ?? '')
  const session = rehearsal.session(sender)
  const failures: string[] = []
  const failed = (error: unknown, callback: Callback): void => {
    failures.push(fromBytes(failureOf(error, callback, sender.script).message))
  }
  await connected(session, server, begins && (command !== '' || replyClass(reply) === 2), failed)
  let event: RewriteEvent | undefined
  const judge = new ReplyJudge(
    {
      wantsReplies: () => session.has('ReturnCodeHandler'),
      returnCode: async (...said) =>
        session.returnCode(...said, server).catch((error: unknown) => {
          failed(error, 'ReturnCodeHandler')
          return undefined
        }),
      rewritten: (rewrite) => (event = rewrite),
      warning: () => undefined,
    },
    { allowLosingRewrites: settings.main.allowLosingRewrites, forceTls: sender.tls === 'required' },
    new SecretRedaction([]),
  )
  const { presented } = await judge.judge(stageOf(command), toBytes(shownCommand(command)), reply)
  return {
    reply: fromBytes(presentedLines(presented).join('\n')),
    outcome: event?.outcome ?? 'unchanged',
    warnings: event?.warnings.map(({ sentence }) => sentence) ?? [],
    failures,
  }
}

/** The session has begun, and ServerConnected has seen the server. */
async function connected(
  session: ScriptSession,
  server: string,
  call: boolean,
  failed: (error: unknown, callback: Callback) => void,
): Promise<void> {
  const { topLevel, start } = await session.started
  for (const failure of [topLevel, start]) if (failure) failed(new ScriptError(failure), 'Start')
  if (!call || !session.has('ServerConnected')) return
  await session.serverConnected(server).catch((error: unknown) => failed(error, 'ServerConnected'))
}

const STAGES: Readonly<Record<string, Stage>> = {
  EHLO: 'ehlo',
  HELO: 'helo',
  LHLO: 'lhlo',
  STARTTLS: 'starttls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  RSET: 'rset',
  QUIT: 'quit',
}

/** '' is the greeting, `.` the end of the message. */
function stageOf(command: string): Stage {
  if (command === '') return 'greeting'
  if (command === '.') return 'end-of-data'
  return STAGES[(/^[a-z]+/i.exec(command)?.[0] ?? '').toUpperCase()] ?? 'other'
}

/** No secret reaches a script (contract 6). */
function shownCommand(command: string): string {
  return stageOf(command) === 'auth' ? command.split(/ +/).slice(0, 2).join(' ') : command
}
