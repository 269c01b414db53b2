/** What `relayout backtest` found, as `--json` has it (docs/schemas/backtest.schema.json). */
import { sentence } from '../../../core/errors.js'
import { count } from '../../output/units.js'
import type { Heard } from '../../rehearsal/rehearsal.js'
import type { Comparison, MessageDifference, ReplyDifference } from './compare.js'
import type { Kind } from './fate.js'
import type { JournalNotes } from './journal-inputs.js'

/** What was put to both scripts. */
export interface Read {
  queue: number
  journal: number
  file: number
  replies: number
  /** Replies to senders that the settings do not have. */
  otherSenders: number
  /** Files in the queue folder that could not be read. */
  damaged: number
}

export interface ScriptName {
  readonly file: string
  readonly version: string
}

export interface BacktestReport {
  readonly version: 1
  readonly command: 'backtest'
  readonly before: readonly ScriptName[]
  readonly after: readonly ScriptName[]
  readonly read: Read
  /** What keeps the comparison from being complete. */
  readonly remarks: readonly string[]
  readonly counts: Readonly<Record<Kind | 'same', number>>
  readonly replyCounts: { readonly same: number; readonly different: number }
  readonly messages: readonly MessageDifference[]
  readonly replies: readonly ReplyDifference[]
  readonly heard: { readonly before: readonly Heard[]; readonly after: readonly Heard[] }
}

export interface Found {
  readonly before: readonly ScriptName[]
  readonly after: readonly ScriptName[]
  readonly read: Read
  readonly journal: JournalNotes
  readonly comparison: Comparison
  readonly heard: BacktestReport['heard']
}

export function reported({ before, after, read, journal, comparison, heard }: Found): BacktestReport {
  const { counts, replyCounts, messages, replies } = comparison
  return {
    version: 1,
    command: 'backtest',
    before,
    after,
    read,
    remarks: remarks(read, journal),
    counts,
    replyCounts,
    messages,
    replies,
    heard,
  }
}

export function foundSomething(
  { messages, replies, heard, read }: BacktestReport,
  { faultCount }: JournalNotes,
): boolean {
  const failed = [...heard.before, ...heard.after].some(({ kind }) => kind === 'failure')
  return messages.length + replies.length + read.damaged + faultCount > 0 || failed
}

function remarks(read: Read, journal: JournalNotes): string[] {
  const { faults, faultCount, hashed, withoutHeader, cutRecipients } = journal
  const more = faultCount - faults.length
  return [
    ...faults.map((fault) => sentence('RELAYOUT_E_JOURNAL_LINE', { ...fault })),
    ...(more > 0 ? [`${count(more, 'more line')} of the journal ${more === 1 ? 'is' : 'are'} left out`] : []),
    ...(hashed
      ? ['the journal has hashed addresses: of rules about addresses, only those about domains were tried']
      : []),
    ...(withoutHeader > 0
      ? [`${recorded(withoutHeader)} without a header (journal_headers): rules about it find none`]
      : []),
    ...(cutRecipients > 0 ? [`${recorded(cutRecipients)} without some of the many recipients`] : []),
    ...(read.otherSenders > 0
      ? [`${count(read.otherSenders, 'reply', 'replies')} came to senders that relayout.ini does not have: left out`]
      : []),
    ...(read.damaged > 0
      ? [`${count(read.damaged, 'file')} in the queue folder could not be read: relayout queue tells which`]
      : []),
  ]
}

function recorded(offers: number): string {
  return `${count(offers, 'offer')} ${offers === 1 ? 'was' : 'were'} recorded`
}
