/** How a message fared, in one glance: what became of each recipient, or what it waits for. */
import type { JournalRecord } from '../../../journal/records.js'
import type { Account } from './account.js'

/** `queued`: nothing was said of it yet. */
export type RecipientState = 'delivered' | 'bounced' | 'deferred' | 'held' | 'queued'

export interface RecipientEnd {
  readonly to: string
  readonly state: RecipientState
  readonly said?: string
  /** ISO 8601. */
  readonly at?: string
}

/** `unknown`: only the end of its records is left. */
export type State = 'delivered' | 'bounced' | 'delivered and bounced' | 'in the queue' | 'unknown'

/** What an item in the queue does, as far as is recorded. */
export type Doing = 'skipped' | 'deferred' | 'held' | 'waiting' | 'under way' | 'left to Haraka' | 'offered'

export interface Summary {
  readonly id: string
  readonly item: string
  readonly from?: string
  readonly size?: number
  readonly queued?: string
  readonly file?: string
  readonly offers: number
  /** Of those: it was sent, or left to Haraka. */
  readonly attempts: number
  /** Failed ones from before the first record. */
  readonly attemptsBefore: number
  readonly state: State
  readonly recipients: readonly RecipientEnd[]
  /** When it ended. */
  readonly endedAt?: string
  /** Of one in the queue. */
  readonly doing?: Doing
  readonly doingSince?: string
  /** When it is offered again. */
  readonly again?: string
}

export function summaryOf(account: Account): Summary {
  const records = account.own.map(({ record }) => record)
  const offers = records.filter((record) => record.event === 'offer')
  const offer = offers.at(-1)
  const recipients = recipientsOf(records)
  const last = records.findLast(({ event }) => DOING[event] !== undefined)
  const state = stateOf(recipients, last)
  return {
    id: account.id,
    item: account.item,
    ...(offer ? { from: offer.from, size: offer.size, queued: offer.queued, file: offer.file } : {}),
    offers: offers.length,
    attempts: records.filter(({ event }) => event === 'send' || event === 'pass').length,
    attemptsBefore: offers[0]?.retries ?? 0,
    state,
    recipients,
    ...(state === 'in the queue' ? waiting(last) : endedAt(recipients)),
  }
}

/** Each once, in their order. */
function recipientsOf(records: readonly JournalRecord[]): RecipientEnd[] {
  const ends = new Map<string, RecipientEnd>()
  for (const record of records) {
    if (record.event === 'offer') for (const to of record.to) ends.set(to, ends.get(to) ?? { to, state: 'queued' })
    else if (record.event === 'outcome')
      for (const { to, said = record.reason } of record.told)
        ends.set(to, { to, state: record.outcome, said, at: record.t })
  }
  return [...ends.values()]
}

function stateOf(recipients: readonly RecipientEnd[], last: JournalRecord | undefined): State {
  const states = new Set(recipients.map(({ state }) => state))
  if (states.has('queued') || states.has('deferred') || states.has('held')) return 'in the queue'
  if (states.size === 0) return last ? 'in the queue' : 'unknown'
  return states.size === 2 ? 'delivered and bounced' : states.has('delivered') ? 'delivered' : 'bounced'
}

const DOING: Partial<Record<JournalRecord['event'], (record: JournalRecord) => Doing>> = {
  offer: () => 'offered',
  reoffer: () => 'offered',
  decision: () => 'offered',
  pass: () => 'left to Haraka',
  skip: (record) => (record.event === 'skip' && record.held ? 'held' : 'skipped'),
  wait: () => 'waiting',
  send: () => 'under way',
  connection: () => 'under way',
  part: () => 'under way',
  outcome: (record) => {
    if (record.event !== 'outcome' || record.outcome === 'delivered' || record.outcome === 'bounced') return 'under way'
    return record.outcome
  },
}

function waiting(last: JournalRecord | undefined): Pick<Summary, 'doing' | 'doingSince' | 'again'> {
  const doing = last && DOING[last.event]?.(last)
  if (!last || !doing) return {}
  const seconds = last.event === 'skip' ? last.retry : last.event === 'outcome' ? last.delay : undefined
  const again = seconds === undefined ? {} : { again: new Date(Date.parse(last.t) + seconds * 1000).toISOString() }
  return { doing, doingSince: last.t, ...again }
}

function endedAt(recipients: readonly RecipientEnd[]): Pick<Summary, 'endedAt'> {
  const last = recipients.reduce((latest, { at = '' }) => (at > latest ? at : latest), '')
  return last === '' ? {} : { endedAt: last }
}
