/**
 * What the core and the script are told of an item of Haraka's queue.
 */
import { toBytes } from '../core/byte-string.js'
import type { Decision } from '../core/decision.js'
import type { Envelope } from '../core/filter.js'
import { localTimestamp } from '../core/local-timestamp.js'
import type { Rank } from '../core/rank.js'
import type { MessageFacts, MessageFile } from '../script/port.js'

/** Bare: `user@host`; '' for the null sender. */
interface ItemAddress {
  readonly address: string
}

/** What is read of an item: Haraka's hmail has it, and so has a queue file that was read without Haraka. */
export interface QueueItem {
  /** Of the queue file. */
  readonly path: string
  readonly filename: string
  /** Offset of the message in the queue file. */
  readonly data_start: number
  readonly file_size: number
  readonly num_failures: number
  readonly todo: {
    /** Milliseconds since the epoch. */
    readonly queue_time: number
    readonly mail_from: ItemAddress
    readonly rcpt_to: readonly ItemAddress[]
  }
}

/** When an item was last tried, as this process remembers it: Haraka keeps only when it will be tried next. */
const rememberedTries = new WeakMap<QueueItem, number>()

export function rememberTry(item: QueueItem, nowMs: number): void {
  rememberedTries.set(item, nowMs)
}

/**
 * The name that an item keeps through retries and restarts: its file is renamed then, but arrival time, unique tag and
 * host stay. ($arrival_$nextattempt_$attempts_$pid_$uniquetag_$counter_$host, outbound/qfile.js)
 */
export function itemKey(item: QueueItem): string {
  return itemKeyOf(item.filename)
}

/** The same from the name of its file, any of those that it has had. */
export function itemKeyOf(filename: string): string {
  const parts = filename.split('_')
  return parts.length === 7 ? `${parts[0]}_${parts[4]}_${parts[6]}` : filename
}

/** Bytes of the message as queued, without the queue file's own header. */
export function messageSize(item: QueueItem): number {
  return item.file_size - item.data_start
}

/** Its place among those that wait for the same sender. */
export function rankOf(item: QueueItem, { priority }: Decision): Rank {
  return { priority, arrivalMs: item.todo.queue_time, size: messageSize(item) }
}

export function envelopeOf(item: QueueItem): Envelope {
  return {
    from: item.todo.mail_from.address,
    recipients: item.todo.rcpt_to.map((recipient) => recipient.address),
    size: messageSize(item),
  }
}

/** Where the script finds the message. */
export function messageFile(item: QueueItem): MessageFile {
  return { filename: toBytes(item.path), dataStart: item.data_start, size: messageSize(item) }
}

/** Bare; '' for the null sender. Byte strings, as the next ones. */
export function returnPathOf({ todo }: QueueItem): string {
  return toBytes(todo.mail_from.address)
}

export function bareAddresses(recipients: readonly ItemAddress[]): string[] {
  return recipients.map(({ address }) => toBytes(address))
}

export function creationTimeOf({ todo }: QueueItem): string {
  return localTimestamp(new Date(todo.queue_time))
}

/** `retryIntervals`: Haraka's, seconds; from them the last try of an item that an earlier process tried is worked out. */
export function messageFacts(item: QueueItem, retryIntervals: readonly number[]): MessageFacts {
  return {
    ...messageFile(item),
    creationTime: creationTimeOf(item),
    returnPath: returnPathOf(item),
    recipients: bareAddresses(item.todo.rcpt_to),
    retries: item.num_failures,
    lastTryTime: lastTryTime(item, retryIntervals),
  }
}

function lastTryTime(item: QueueItem, retryIntervals: readonly number[]): string {
  const ms = lastTryMs(item, retryIntervals)
  return ms === undefined ? '' : localTimestamp(new Date(ms))
}

/** Undefined before the first attempt, and where it is not known. */
export function lastTryMs(item: QueueItem, retryIntervals: readonly number[]): number | undefined {
  if (item.num_failures === 0) return undefined
  const remembered = rememberedTries.get(item)
  if (remembered !== undefined) return remembered
  const nextAttemptMs = Number(item.filename.split('_')[1])
  const delayMs = (retryIntervals[item.num_failures - 1] ?? 0) * 1000
  return Number.isFinite(nextAttemptMs) ? nextAttemptMs - delayMs : undefined
}
