/**
 * One pass over a journal: what it has of the messages that are asked about. In memory are those messages, the latest
 * ones up to the limit, and little besides.
 */
import { type JournalFault, readJournal } from '../../../journal/journal-reader.js'
import type { JournalRecord } from '../../../journal/records.js'
import { Account } from './account.js'
import { peek } from './peek.js'
import { isOrBelongsTo, type Question } from './question.js'
import { type Entry, SharedRecords } from './shared-records.js'
import { summaryOf } from './summary.js'

/** The time that the journal covers; undefined: it has no record. */
export interface Covered {
  readonly from: string
  readonly to: string
}

export interface Collected {
  /** In the order of their first records. */
  readonly accounts: readonly Account[]
  /** There were older ones beyond the limit. */
  readonly more: boolean
  readonly covered: Covered | undefined
  /** Its addresses are hashed. */
  readonly hashed: boolean
}

/** All that one message has: its items have one id. */
interface Message {
  readonly sinceMs: number
  readonly accounts: Map<string, Account>
}

/** Looked at whomever they are about. */
const SHARED = new Set(['begin', 'connection', 'close', 'session', 'reload', 'lost'])

/** `fault`: told of every line that is no record. */
export async function collect(
  file: string,
  question: Question,
  limit: number,
  fault: (fault: JournalFault) => void,
): Promise<Collected> {
  const collector = new Collector(question, limit)
  for await (const entry of readJournal(file, (line) => collector.wants(line))) {
    if ('why' in entry) fault(entry)
    else collector.take(entry)
  }
  return collector.collected()
}

class Collector {
  readonly #question: Question
  readonly #limit: number
  readonly #messages = new Map<string, Message>()
  readonly #shared = new SharedRecords<Account>()
  #place = 0
  #from: string | undefined
  #to = ''
  #more = false
  #hashed = false

  constructor(question: Question, limit: number) {
    this.#question = question
    this.#limit = limit
  }

  wants(line: Buffer): boolean {
    this.#place++
    const peeked = peek(line)
    if (!peeked) return true
    const { t, event, id, item } = peeked
    this.#cover(t)
    return SHARED.has(event) || (id !== undefined && item !== undefined && this.#isAbout(event, id, item))
  }

  take(record: JournalRecord): void {
    this.#cover(record.t)
    const entry = { place: this.#place, record }
    const { id, item } = record
    if (record.event === 'begin' && record.addresses === 'hashed') this.#hashed = true
    for (const account of this.#shared.see(entry)) account.add(entry)
    if (id === undefined || item === undefined) return
    if (this.#isAbout(record.event, id, item) && this.#isAsked(record, id)) this.#add(entry, id, item)
  }

  collected(): Collected {
    const all = [...this.#messages.values()].flatMap(({ accounts }) => [...accounts.values()])
    for (const account of all) this.#addLost(account)
    const first = (account: Account): number => account.own[0]?.place ?? 0
    const covered = this.#from === undefined ? undefined : { from: this.#from, to: this.#to }
    const accounts = all.map((account) => ({ account, at: first(account) })).sort((a, b) => a.at - b.at)
    return {
      accounts: accounts.map(({ account }) => account),
      more: this.#more,
      covered,
      hashed: this.#hashed,
    }
  }

  /** Several processes write: the lines are not quite in the order of their times. */
  #cover(t: string): void {
    if (this.#from === undefined || t < this.#from) this.#from = t
    if (t > this.#to) this.#to = t
  }

  /** As far as the common fields tell. */
  #isAbout(event: string, id: string, item: string): boolean {
    const question = this.#question
    if (question.kind === 'id') return isOrBelongsTo(id, question.id)
    if (question.kind === 'item') return item === question.item
    return event === 'offer' || this.#messages.has(id)
  }

  /** Of an address, it is an offer that tells. */
  #isAsked(record: JournalRecord, id: string): boolean {
    if (this.#question.kind !== 'address' || this.#messages.has(id)) return true
    if (record.event !== 'offer') return false
    const { forms } = this.#question
    if (record.from.startsWith('~') || record.to[0]?.startsWith('~')) this.#hashed = true
    return forms.has(record.from.toLowerCase()) || record.to.some((to) => forms.has(to.toLowerCase()))
  }

  #add(entry: Entry, id: string, item: string): void {
    const account = this.#account(entry.record, id, item)
    if (!account) return
    const { record } = entry
    account.add(entry)
    if (record.event === 'connection') {
      const opening = this.#shared.use(record, account)
      if (opening) account.add(opening)
    } else if (record.event === 'decision') for (const shared of this.#shared.behind(record)) account.add(shared)
  }

  /** Undefined: there are as many later messages as are wanted. */
  #account(record: JournalRecord, id: string, item: string): Account | undefined {
    let message = this.#messages.get(id)
    if (!message) {
      message = { sinceMs: sinceMs(record, item), accounts: new Map() }
      this.#messages.set(id, message)
      if (this.#messages.size > this.#limit && this.#leaveOutOldest() === message) return undefined
    }
    let account = message.accounts.get(item)
    if (!account) {
      account = new Account(id, item)
      message.accounts.set(item, account)
    }
    return account
  }

  #leaveOutOldest(): Message | undefined {
    this.#more = true
    let oldest: [string, Message] | undefined
    for (const entry of this.#messages) if (!oldest || entry[1].sinceMs < oldest[1].sinceMs) oldest = entry
    if (!oldest) return undefined
    const [id, message] = oldest
    this.#messages.delete(id)
    for (const account of message.accounts.values()) this.#shared.leave(account)
    return message
  }

  #addLost(account: Account): void {
    const own = account.own
    const [first] = own
    if (!first) return
    const pids = new Set(own.map(({ record }) => record.pid))
    const until = summaryOf(account).endedAt ?? this.#to
    for (const entry of this.#shared.lostBetween(first.record.t, until, pids)) account.add(entry)
  }
}

/** When it came in, the same in all that is recorded of it. */
function sinceMs(record: JournalRecord, item: string): number {
  return record.event === 'offer' ? Date.parse(record.queued) : Number.parseInt(item, 10)
}
