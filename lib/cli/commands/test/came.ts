/** What came of a message or a reply, in the words of the keys under `expect`. */
import { fromBytes } from '../../../core/byte-string.js'
import { presentedLines } from '../../../core/reply.js'
import { formatTime } from '../../../core/settings/quantity.js'
import type { Judged } from '../../conversation/conversation.js'
import type { Decided, Heard } from '../../rehearsal/rehearsal.js'
import type { MessageCame, Outcome, ReplyCame } from './expectations.js'

/** `heard` in the test so far; what the message itself was warned about is added. */
export function messageCame({ answers, taken, skip }: Decided, heard: Heard[]): MessageCame {
  const held = skip?.held ?? false
  const outcome: Outcome = taken ? 'take' : held ? 'hold' : skip ? 'skip' : 'pass'
  for (const { sender, warnings } of answers) {
    for (const text of warnings) {
      if (!heard.some((other) => other.text === text)) heard.push({ sender: sender.name, kind: 'warning', text })
    }
  }
  const reasons = answers.flatMap(({ judgement }) => {
    if (!judgement) return []
    return judgement.take ? fromBytes(judgement.decision.reason) || [] : judgement.reason
  })
  const decision = taken?.judgement.decision
  return {
    ...said(heard),
    failures: answers.flatMap(({ failure }) => (failure ? fromBytes(failure.message) : [])),
    outcome,
    summary:
      taken && decision
        ? `${taken.sender.name} takes it, priority ${decision.priority}`
        : skip
          ? `it is ${held ? 'held' : 'skipped'}, retry ${formatTime(skip.retrySeconds * 1000)}: ${skip.reason}`
          : 'no sender is for it',
    taken:
      taken && decision
        ? {
            sender: taken.sender.name,
            priority: decision.priority,
            lastTry: decision.forceLastTry,
            tag: taken.judgement.tag,
          }
        : undefined,
    reasons: skip ? [skip.reason, ...reasons] : reasons,
    retrySeconds: skip?.retrySeconds,
  }
}

export function replyCame({ presented, outcome, failures, warnings }: Judged, heard: readonly Heard[]): ReplyCame {
  const besides = said(heard)
  return {
    reply: fromBytes(presentedLines(presented).join('\n')),
    outcome,
    failures: failures.map(({ message }) => fromBytes(message)),
    prints: besides.prints,
    warnings: [...warnings.map(({ sentence }) => sentence), ...besides.warnings],
  }
}

function said(heard: readonly Heard[]): { readonly prints: string[]; readonly warnings: string[] } {
  const of = (wanted: Heard['kind']): string[] => heard.flatMap(({ kind, text }) => (kind === wanted ? text : []))
  return { prints: of('print'), warnings: of('warning') }
}
