/** What `relayout backtest` puts to both scripts. */
import type { Stage } from '../../../core/reply-guards.js'
import type { Reply } from '../../../core/reply.js'
import type { QueueItem } from '../../../policy/queue-item.js'

export interface MessageInput {
  readonly kind: 'message'
  readonly source: 'queue' | 'journal' | 'file'
  readonly name: string
  readonly item: QueueItem
  /** Of a journal: the same for all offers of an item. */
  readonly itemKey?: string
  /** When it was offered; undefined: now, or what `--at` says. */
  readonly atMs?: number
}

export interface ReplyInput {
  readonly kind: 'reply'
  readonly sender: string
  readonly server: string
  readonly stage: Stage
  /** The command, in which no secret is. */
  readonly shown: string
  readonly reply: Reply
  readonly atMs: number
}

export type Input = MessageInput | ReplyInput
