/** What `relayout queue` tells of an item and of the whole queue, as `--json` has it (docs/schemas/queue.schema.json). */
import { fromBytes } from '../../../core/byte-string.js'
import type { OddFiles } from '../../queue-folder/odd-files.js'
import { messageFacts, messageSize } from '../../../policy/queue-item.js'
import type { QueueFile } from '../../messages/queue-file.js'
import type { Decided } from '../../rehearsal/rehearsal.js'
import type { Sum, Sums } from './sums.js'

export interface ListedItem {
  readonly file: string
  readonly uuid: string
  readonly size: number
  readonly from: string
  readonly to: readonly string[]
  readonly arrived: string
  /** Failed attempts so far. */
  readonly attempts: number
  /** As the script has it: YYYYMMDDHHMMSS, local time. */
  readonly lastTry?: string
  /** Lies in the future; absent: it is tried now. */
  readonly nextTry?: string
  /** `pass`: no sender is for it, and Haraka delivers it as if there were no plugin. */
  readonly outcome: 'take' | 'skip' | 'hold' | 'pass'
  readonly sender?: string
  readonly priority?: number
  /** If this attempt fails, it bounces. */
  readonly forceLastTry?: true
  readonly reason?: string
  readonly retrySeconds?: number
}

/** A date that there is: the number stands in a file, or in its name. */
const LATEST_MS = 8.64e15

export function listedItem(
  item: QueueFile,
  { taken, skip }: Decided,
  { waits, retryIntervals }: { readonly waits: boolean; readonly retryIntervals: readonly number[] },
): ListedItem {
  const { todo, filename, num_failures: attempts, nextAttemptMs } = item
  const held = skip?.held ?? false
  const common = {
    file: filename,
    uuid: todo.uuid,
    size: messageSize(item),
    from: todo.mail_from.address,
    to: todo.rcpt_to.map(({ address }) => address),
    arrived: time(todo.queue_time),
    attempts,
    ...(attempts > 0 ? { lastTry: messageFacts(item, retryIntervals).lastTryTime } : {}),
    ...(waits ? { nextTry: time(nextAttemptMs) } : {}),
  }
  if (skip) {
    const { reason, retrySeconds } = skip
    return { ...common, outcome: held ? 'hold' : 'skip', reason, retrySeconds }
  }
  if (!taken) return { ...common, outcome: 'pass' }
  const { priority, forceLastTry, reason } = taken.judgement.decision
  return {
    ...common,
    outcome: 'take',
    sender: taken.sender.name,
    priority,
    ...(forceLastTry ? { forceLastTry } : {}),
    ...(reason ? { reason: fromBytes(reason) } : {}),
  }
}

/** Files that were found beside the items. */
export interface FoundFiles {
  /** Haraka cannot deliver them. */
  readonly damaged: OddFiles
  readonly unreadable: OddFiles
  /** Haraka could not read them, and leaves them alone (error.*). */
  readonly givenUp: OddFiles
  readonly beingWritten: OddFiles
  readonly strange: OddFiles
  /** Sent or renamed while the queue was read. */
  readonly gone: number
}

/** Reasons that are told for each sender. */
const MOST_REASONS = 20

export function reportedSums(sums: Sums) {
  return {
    senders: sums.senders().map(({ sender, takes, skips }) => {
      return { sender, ...reportedSum(takes), skipped: skips.count, reasons: skips.reasons(MOST_REASONS) }
    }),
    skipped: reportedSum(sums.skipped),
    alone: reportedSum(sums.alone),
    all: reportedSum(sums.all),
  }
}

export function reportedFiles(files: FoundFiles) {
  const shown = ({ count, first }: OddFiles) => ({ count, first })
  return {
    damaged: shown(files.damaged),
    unreadable: shown(files.unreadable),
    givenUp: shown(files.givenUp),
    beingWritten: shown(files.beingWritten),
    strange: shown(files.strange),
    gone: files.gone,
  }
}

function reportedSum({ items, waiting, bytes, oldestMs }: Sum) {
  return { items, waiting, bytes, ...(oldestMs === undefined ? {} : { oldest: time(oldestMs) }) }
}

function time(ms: number): string {
  return new Date(Math.max(-LATEST_MS, Math.min(LATEST_MS, ms))).toISOString()
}
