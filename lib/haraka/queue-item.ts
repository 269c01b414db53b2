/**
 * What the core and the script are told of an item of Haraka's queue.
 */
import { toBytes } from '../core/byte-string.js'
import type { Envelope } from '../core/filter.js'
import { localTimestamp } from '../core/local-timestamp.js'
import type { MessageFacts, MessageFile } from '../script/port.js'
import type { HarakaAddress, HMail } from './shapes.js'

/** When an item was last tried, as this process remembers it: Haraka keeps only when it will be tried next. */
const lastTryMs = new WeakMap<HMail, number>()

export function rememberTry(hmail: HMail, nowMs: number): void {
  lastTryMs.set(hmail, nowMs)
}

/**
 * The name that an item keeps through retries and restarts: its file is renamed then, but arrival time, unique tag and
 * host stay. ($arrival_$nextattempt_$attempts_$pid_$uniquetag_$counter_$host, outbound/qfile.js)
 */
export function itemKey(hmail: HMail): string {
  const parts = hmail.filename.split('_')
  return parts.length === 7 ? `${parts[0]}_${parts[4]}_${parts[6]}` : hmail.filename
}

/** Bytes of the message as queued, without the queue file's own header. */
export function messageSize(hmail: HMail): number {
  return hmail.file_size - hmail.data_start
}

export function envelopeOf(hmail: HMail): Envelope {
  return {
    from: hmail.todo.mail_from.address,
    recipients: hmail.todo.rcpt_to.map((recipient) => recipient.address),
    size: messageSize(hmail),
  }
}

/** Where the script finds the message. */
export function messageFile(hmail: HMail): MessageFile {
  return { filename: toBytes(hmail.path), dataStart: hmail.data_start, size: messageSize(hmail) }
}

/** Bare; '' for the null sender. Byte strings, as the next ones. */
export function returnPathOf({ todo }: HMail): string {
  return toBytes(todo.mail_from.address)
}

export function bareAddresses(recipients: readonly HarakaAddress[]): string[] {
  return recipients.map(({ address }) => toBytes(address))
}

export function creationTimeOf({ todo }: HMail): string {
  return localTimestamp(new Date(todo.queue_time))
}

/** `retryIntervals`: Haraka's, seconds; from them the last try of an item that an earlier process tried is worked out. */
export function messageFacts(hmail: HMail, retryIntervals: readonly number[]): MessageFacts {
  return {
    ...messageFile(hmail),
    creationTime: creationTimeOf(hmail),
    returnPath: returnPathOf(hmail),
    recipients: bareAddresses(hmail.todo.rcpt_to),
    retries: hmail.num_failures,
    lastTryTime: lastTryTime(hmail, retryIntervals),
  }
}

function lastTryTime(hmail: HMail, retryIntervals: readonly number[]): string {
  if (hmail.num_failures === 0) return ''
  const remembered = lastTryMs.get(hmail)
  if (remembered !== undefined) return localTimestamp(new Date(remembered))
  const nextAttemptMs = Number(hmail.filename.split('_')[1])
  const delayMs = (retryIntervals[hmail.num_failures - 1] ?? 0) * 1000
  return Number.isFinite(nextAttemptMs) ? localTimestamp(new Date(nextAttemptMs - delayMs)) : ''
}

/**
 * Whether this process could have offered the item before, had outbound not been disabled: Haraka then looks once a
 * second for each item that it holds back. An item of an earlier process is offered as soon as it is read.
 */
export function isHeldBack(hmail: HMail, nowMs: number, disabledAtStart: boolean): boolean {
  const startedMs = nowMs - process.uptime() * 1_000
  const { queue_time } = hmail.todo
  return nowMs - queue_time >= 1_000 && (queue_time >= startedMs || disabledAtStart)
}
