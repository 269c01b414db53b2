/** What `relayout reply` found, as `--json` has it (docs/schemas/reply.schema.json). */
import { fromBytes } from '../../../core/byte-string.js'
import type { Stage } from '../../../core/reply-guards.js'
import type { Reply } from '../../../core/reply.js'
import type { Heard } from '../../rehearsal/rehearsal.js'
import type { ConnectionAfter } from '../../conversation/connection-after.js'
import type { Judged } from '../../conversation/conversation.js'
import type { HarakaDoes } from '../../conversation/haraka-does.js'
import type { Case, Mistake } from './read-cases.js'

export interface ReportedReply {
  readonly code: number
  /** Code and separator included. */
  readonly lines: readonly string[]
}

export interface ReportedAnswer {
  readonly sender: string
  /** As the script sees it: without credentials. */
  readonly real: ReportedReply
  /** What the script returned, where that was another string. */
  readonly returned?: string
  readonly outcome: Judged['outcome']
  readonly warnings: readonly { readonly kind: string; readonly sentence: string }[]
  /** What Haraka is given. */
  readonly presented: ReportedReply
  readonly connection: ConnectionAfter
  readonly haraka: HarakaDoes
  /** What Haraka had done without a script, where that is something else. */
  readonly withoutScript?: HarakaDoes
  readonly failures?: readonly string[]
}

export interface ReportedCase {
  readonly command: string
  readonly stage: Stage
  /** Of standard input. */
  readonly line?: number
  readonly answers: readonly ReportedAnswer[]
}

export interface Report {
  readonly version: 1
  readonly command: 'reply'
  /** The scripts' clock. */
  readonly at: string
  readonly cases: readonly ReportedCase[]
  readonly mistakes: readonly Mistake[]
  readonly heard: readonly Heard[]
}

/** An answer of each sender to a case. */
export interface TriedCase {
  readonly given: Case
  readonly answers: readonly { readonly sender: string; readonly judged: Judged }[]
}

export function reported(
  tried: readonly TriedCase[],
  mistakes: readonly Mistake[],
  heard: readonly Heard[],
  atMs: number,
): Report {
  const cases = tried.map(({ given: { command, line }, answers }) => ({
    command: fromBytes(command.shown),
    stage: command.stage,
    ...(line === undefined ? {} : { line }),
    answers: answers.map(({ sender, judged }) => answer(sender, judged)),
  }))
  return { version: 1, command: 'reply', at: new Date(atMs).toISOString(), cases, mistakes, heard }
}

function answer(sender: string, judged: Judged): ReportedAnswer {
  const { real, returned, outcome, warnings, presented, connection, haraka, withoutScript, failures } = judged
  return {
    sender,
    real: reply(real),
    ...(returned === undefined ? {} : { returned: fromBytes(returned) }),
    outcome,
    warnings: warnings.map(({ kind, sentence }) => ({ kind, sentence: fromBytes(sentence) })),
    presented: reply(presented),
    connection,
    haraka,
    ...(withoutScript ? { withoutScript } : {}),
    ...(failures.length > 0 ? { failures: failures.map(({ message }) => fromBytes(message)) } : {}),
  }
}

function reply({ code, lines }: Reply): ReportedReply {
  return { code, lines: lines.map(fromBytes) }
}
