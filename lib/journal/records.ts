/**
 * The records of the journal, as docs/JOURNAL.md and docs/schemas/journal.schema.json have them: one JSON object a line.
 *
 * Within version 1 events and fields may be added, and none changes its meaning. A field that does not apply is absent.
 */
import type { GuardOutcome, Stage } from '../core/reply-guards.js'

export const JOURNAL_VERSION = 1

/** Of a `reply`: what became of it, where it was changed or was to be. */
export type RewriteOutcome = Exclude<GuardOutcome, 'unchanged'> | 'invalid'

/** A recipient, and what was said of it. */
export interface ToldRecipient {
  readonly to: string
  readonly said?: string | undefined
}

/** The fields of each event besides the common ones. Times that last are seconds, points of time ISO 8601 in UTC. */
export interface JournalEvents {
  begin: { addresses: 'full' | 'hashed'; headers: readonly string[] }
  offer: {
    file: string
    /** Bytes of the message. */
    size: number
    queued: string
    from: string
    to: readonly string[]
    /** Present when `to` has not all of them. */
    recipients?: number | undefined
    retries: number
    lastTry?: string | undefined
    /** Lines as they stand in the message. */
    headers?: readonly string[] | undefined
    headersCut?: boolean | undefined
    headersMissing?: boolean | undefined
  }
  decision: {
    sender: string
    senderId: number
    script: string
    version: string
    answer: 'take' | 'skip' | 'hold'
    priority?: number | undefined
    forceLastTry?: boolean | undefined
    tag?: boolean | undefined
    reason?: string | undefined
    /** Seconds. */
    retry?: number | undefined
    failures?: readonly string[] | undefined
    warnings?: readonly string[] | undefined
  }
  pass: object
  skip: { senders: readonly string[]; reason: string; retry: number; held: boolean }
  wait: { sender: string; priority: number; waiting: number; reason?: string | undefined }
  reoffer: { sender: string; reason: string }
  send: { sender: string; priority: number; position: number; waited: number }
  connection: {
    sender: string
    server: string
    address?: string | undefined
    port?: number | undefined
    connection: number
    reused: boolean
  }
  unreachable: { sender: string; server: string; port?: number | undefined; reason: string }
  returnpath: { sender: string; server: string; from: string; sent: string }
  batv: { sender: string; server: string; refused: string; sentUntagged: boolean }
  reply: {
    sender: string
    server: string
    connection: number
    stage: Stage
    command: string
    /** The real lines. */
    reply: readonly string[]
    outcome?: RewriteOutcome | undefined
    /** What Haraka was given, where that is another one. */
    presented?: readonly string[] | undefined
    /** What the script returned, where it was not taken. */
    returned?: string | undefined
    warnings?: readonly string[] | undefined
  }
  close: {
    sender: string
    server: string
    connection: number
    messages: number
    recipients: number
    reason: string
    failed: boolean
  }
  part: { sender: string; left: number }
  outcome: {
    outcome: 'delivered' | 'deferred' | 'bounced' | 'held'
    reason: string
    /** Seconds until it is tried again. */
    delay?: number | undefined
    server?: string | undefined
    tls?: boolean | undefined
    auth?: boolean | undefined
    told: readonly ToldRecipient[]
    recipients?: number | undefined
  }
  duplicate: { file: string; reason: string }
  session: { phase: 'begin' | 'end'; sender: string; script: string; version: string; messages?: number | undefined }
  print: { sender: string; script: string; text: string }
  failure: {
    sender: string
    function: string
    kind: string
    file: string
    /** Of the script. */
    scriptLine?: number | undefined
    message: string
  }
  warning: { sender: string; server?: string | undefined; text: string }
  reload: {
    file?: string | undefined
    changed?: readonly string[] | undefined
    script?: string | undefined
    version?: string | undefined
    /** The version that stays in force. */
    kept?: string | undefined
    error?: string | undefined
  }
  lost: { records: number; since: string }
}

export type JournalEvent = keyof JournalEvents

/** Every event once, for readers and tests. */
export const JOURNAL_EVENTS: Readonly<Record<JournalEvent, true>> = {
  begin: true,
  offer: true,
  decision: true,
  pass: true,
  skip: true,
  wait: true,
  reoffer: true,
  send: true,
  connection: true,
  unreachable: true,
  returnpath: true,
  batv: true,
  reply: true,
  close: true,
  part: true,
  outcome: true,
  duplicate: true,
  session: true,
  print: true,
  failure: true,
  warning: true,
  reload: true,
  lost: true,
}

/** What a record is about, where it is about an item of the queue. */
export interface JournalItem {
  /** Haraka's uuid, `UUID.1.1`: the last number counts the items of one message. */
  readonly id: string
  /** The name that the item keeps through retries and restarts. */
  readonly item: string
}

interface Common extends Partial<JournalItem> {
  readonly v: typeof JOURNAL_VERSION
  /** ISO 8601 in UTC, milliseconds. */
  readonly t: string
  readonly pid: number
}

export type RecordOf<E extends JournalEvent> = Common & { readonly event: E } & Readonly<JournalEvents[E]>

export type JournalRecord = { [E in JournalEvent]: RecordOf<E> }[JournalEvent]
