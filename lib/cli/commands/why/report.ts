/** What `relayout why` found, as `--json` has it (docs/schemas/why.schema.json). */
import type { JournalFault } from '../../../journal/journal-reader.js'
import type { JournalRecord } from '../../../journal/records.js'
import type { Account } from './account.js'
import type { Collected, Covered } from './collect.js'
import type { Question } from './question.js'
import { type Summary, summaryOf } from './summary.js'

export interface ReportedMessage extends Summary {
  /** Its own, and shared ones that explain it, in the order of the journal. */
  readonly records: readonly JournalRecord[]
}

/** Lines that are no records. */
export interface LeftOut {
  readonly lines: number
  readonly first: readonly JournalFault[]
}

export interface Report {
  readonly version: 1
  readonly command: 'why'
  readonly asked: { readonly id: string } | { readonly item: string } | { readonly address: string }
  readonly journal: {
    /** The oldest first. */
    readonly files: readonly string[]
    readonly covered: Covered | null
  }
  /** There were older messages beyond the limit. */
  readonly more: boolean
  readonly messages: readonly ReportedMessage[]
  readonly leftOut: LeftOut
}

export function reported(
  question: Question,
  files: readonly string[],
  { accounts, more, covered }: Collected,
  leftOut: LeftOut,
): Report {
  return {
    version: 1,
    command: 'why',
    asked: asked(question),
    journal: { files, covered: covered ?? null },
    more,
    messages: accounts.map(message),
    leftOut,
  }
}

function asked(question: Question): Report['asked'] {
  if (question.kind === 'id') return { id: question.id }
  return question.kind === 'item' ? { item: question.item } : { address: question.address }
}

function message(account: Account): ReportedMessage {
  return { ...summaryOf(account), records: account.entries.map(({ record }) => record) }
}
