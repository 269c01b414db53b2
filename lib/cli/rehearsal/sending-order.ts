/** The order in which messages that are taken go: each sender's own queue, best first (contract 5). */
import { byRank } from '../../core/rank.js'
import type { SenderSettings } from '../../core/settings/settings.js'
import { type QueueItem, rankOf } from '../../policy/queue-item.js'
import type { Decided } from './rehearsal.js'

export interface Place<Subject> {
  /** From 1 on, among those of the sender. */
  readonly position: number
  readonly sender: SenderSettings
  readonly priority: number
  readonly subject: Subject
}

export interface DecidedItem {
  readonly item: QueueItem
  readonly decided: Decided
}

/** Of those that a sender takes; the senders in their order. */
export function inSendingOrder<Subject extends DecidedItem>(subjects: readonly Subject[]): Place<Subject>[] {
  const bySender = new Map<SenderSettings, { rank: ReturnType<typeof rankOf>; subject: Subject }[]>()
  for (const subject of subjects) {
    const { taken } = subject.decided
    if (!taken) continue
    const waiting = bySender.get(taken.sender) ?? []
    bySender.set(taken.sender, waiting)
    waiting.push({ rank: rankOf(subject.item, taken.judgement.decision), subject })
  }
  return [...bySender]
    .sort(([a], [b]) => a.id - b.id)
    .flatMap(([sender, waiting]) => {
      const compare = byRank(sender.order)
      return waiting
        .sort((a, b) => compare(a.rank, b.rank))
        .map(({ rank, subject }, i) => ({ position: i + 1, sender, priority: rank.priority, subject }))
    })
}
