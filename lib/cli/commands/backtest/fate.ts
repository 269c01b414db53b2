/** What one script makes of a message, and how that differs from what another one makes of it. */
import { fromBytes } from '../../../core/byte-string.js'
import type { Rank } from '../../../core/rank.js'
import { type QueueItem, rankOf } from '../../../policy/queue-item.js'
import type { Decided } from '../../rehearsal/rehearsal.js'

/** As `--json` has it. */
export interface Fate {
  /** `pass`: no sender is for it, and Haraka delivers it as if there were no plugin. */
  readonly outcome: 'take' | 'skip' | 'hold' | 'pass'
  /** The one that takes it, or those that refuse it. */
  readonly sender?: string
  readonly priority?: number
  readonly reason?: string
  readonly retrySeconds?: number
  readonly forceLastTry?: boolean
  readonly tag?: boolean
}

/**
 * In the order in which they are looked for: a message counts once. `moved` is a matter of all messages, `details` is
 * anything else.
 */
export const KINDS = ['taken', 'skipped', 'passed', 'sender', 'moved', 'priority', 'details'] as const

export type Kind = (typeof KINDS)[number]

export function fateOf({ taken, skip }: Decided): Fate {
  if (taken) {
    const { decision, tag } = taken.judgement
    const { priority, forceLastTry, reason } = decision
    return {
      outcome: 'take',
      sender: taken.sender.name,
      priority,
      forceLastTry,
      tag,
      ...(reason ? { reason: fromBytes(reason) } : {}),
    }
  }
  if (!skip) return { outcome: 'pass' }
  const { senders, reason, retrySeconds, held } = skip
  return { outcome: held ? 'hold' : 'skip', sender: senders.join(', '), reason, retrySeconds }
}

/** Undefined where the message is not taken. */
export function rankIn(item: QueueItem, { taken }: Decided): Rank | undefined {
  return taken && rankOf(item, taken.judgement.decision)
}

/** Undefined: they are the same, as far as this message tells. */
export function difference(before: Fate, after: Fate): Exclude<Kind, 'moved'> | undefined {
  if (before.outcome !== after.outcome) {
    if (after.outcome === 'take') return 'taken'
    if (after.outcome === 'pass') return 'passed'
    if (before.outcome === 'take' || before.outcome === 'pass') return 'skipped'
    return 'details'
  }
  if (before.sender !== after.sender) return after.outcome === 'take' ? 'sender' : 'details'
  if (before.priority !== after.priority) return 'priority'
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : 'details'
}
