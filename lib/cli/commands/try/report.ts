/** What `relayout try` found, as `--json` has it (docs/schemas/try.schema.json). */
import { fromBytes } from '../../../core/byte-string.js'
import type { Judgement } from '../../../policy/judge.js'
import { messageSize } from '../../../policy/queue-item.js'
import type { Heard, SenderAnswer } from '../../rehearsal/rehearsal.js'
import type { Place } from '../../rehearsal/sending-order.js'
import type { Tried } from './run.js'

export type Answer = 'take' | 'skip' | 'hold'

export interface ReportedAnswer {
  readonly sender: string
  /** Its filter lets the message through. */
  readonly filter: boolean
  /** Absent: it was not asked. */
  readonly answer?: Answer
  readonly reason?: string
  readonly priority?: number
  readonly retrySeconds?: number
  readonly forceLastTry?: boolean
  readonly tag?: boolean
  readonly failure?: string
  readonly warnings?: readonly string[]
}

export interface ReportedMessage {
  readonly message: string
  readonly file: string
  readonly size: number
  readonly from: string
  readonly to: readonly string[]
  readonly answers: readonly ReportedAnswer[]
  /** `pass`: no sender is for it, and Haraka delivers it as if there were no plugin. */
  readonly outcome: Answer | 'pass'
  /** The one that takes it. */
  readonly sender?: string
  readonly reason?: string
  readonly retrySeconds?: number
}

export interface Report {
  readonly version: 1
  readonly command: 'try'
  /** The scripts' clock. */
  readonly at: string
  readonly messages: readonly ReportedMessage[]
  /** `message`: its index in `messages`. */
  readonly order: readonly { position: number; sender: string; priority: number; message: number }[]
  readonly heard: readonly Heard[]
}

export function reported(
  tried: readonly Tried[],
  order: readonly Place<Tried>[],
  heard: readonly Heard[],
  atMs: number,
): Report {
  const index = new Map(tried.map((one, i) => [one, i]))
  return {
    version: 1,
    command: 'try',
    at: new Date(atMs).toISOString(),
    messages: tried.map(message),
    order: order.map(({ position, sender, priority, subject }) => {
      return { position, sender: sender.name, priority, message: index.get(subject) ?? 0 }
    }),
    heard,
  }
}

function message({ name, item, decided }: Tried): ReportedMessage {
  const { taken, skip, answers } = decided
  return {
    message: name,
    file: item.path,
    size: messageSize(item),
    from: item.todo.mail_from.address,
    to: item.todo.rcpt_to.map(({ address }) => address),
    answers: answers.map(answer),
    outcome: taken ? 'take' : skip?.held ? 'hold' : skip ? 'skip' : 'pass',
    ...(taken ? { sender: taken.sender.name } : {}),
    ...(skip ? { reason: skip.reason, retrySeconds: skip.retrySeconds } : {}),
  }
}

function answer({ sender, matches, judgement, failure, warnings }: SenderAnswer): ReportedAnswer {
  return {
    sender: sender.name,
    filter: matches,
    ...(judgement ? judged(judgement) : {}),
    ...(failure ? { failure: fromBytes(failure.message) } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
  }
}

function answerOf(judgement: Judgement): Answer {
  return judgement.take ? 'take' : judgement.held ? 'hold' : 'skip'
}

function judged(judgement: Judgement): Omit<ReportedAnswer, 'sender' | 'filter'> {
  const answer = answerOf(judgement)
  if (!judgement.take) return { answer, reason: judgement.reason, retrySeconds: judgement.retrySeconds }
  const { reason, priority, forceLastTry } = judgement.decision
  return { answer, ...(reason ? { reason: fromBytes(reason) } : {}), priority, forceLastTry, tag: judgement.tag }
}
