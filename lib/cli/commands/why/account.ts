/** What the journal has of one item of the queue: its own records, and shared ones that explain it, in their order. */
import type { JournalRecord, RecordOf } from '../../../journal/records.js'
import type { Entry } from './shared-records.js'

export class Account {
  readonly id: string
  readonly item: string
  readonly #entries = new Map<number, Entry>()
  #to: readonly string[] | undefined
  #ofParent: RecordOf<'split'> | undefined

  constructor(id: string, item: string) {
    this.id = id
    this.item = item
  }

  /** In order. */
  get entries(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => a.place - b.place)
  }

  /** Its own records, in order. */
  get own(): Entry[] {
    return this.entries.filter(({ record }) => record.item === this.item)
  }

  /** The record that tells what it was split off from. */
  get origin(): RecordOf<'split'> | undefined {
    return this.#ofParent
  }

  add({ place, record }: Entry): void {
    if (record.event === 'split' && record.into === this.item) this.#ofParent = record
    this.#entries.set(place, { place, record: this.#sharing(record) })
  }

  /** An item is offered again and again, with the same list of many recipients. */
  #sharing(record: JournalRecord): JournalRecord {
    if (record.event !== 'offer') return record
    const before = this.#to
    const same = before?.length === record.to.length && before.every((to, i) => to === record.to[i])
    this.#to = same ? before : record.to
    return same ? { ...record, to: before } : record
  }
}

/** Those that were not split off another one that is there, each followed by what was split off it. */
export function inOrder(accounts: readonly Account[]): Account[] {
  const byItem = new Map(accounts.map((account) => [account.item, account]))
  const children = new Map<Account, Account[]>()
  const roots: Account[] = []
  for (const account of accounts) {
    const parent = account.origin && byItem.get(account.origin.item ?? '')
    if (parent && parent !== account) children.set(parent, [...(children.get(parent) ?? []), account])
    else roots.push(account)
  }
  const placed = new Set<Account>()
  const place = (account: Account): void => {
    if (placed.has(account)) return
    placed.add(account)
    for (const child of children.get(account) ?? []) place(child)
  }
  // Then those that, by what the journal says, were split off each other.
  for (const account of [...roots, ...accounts]) place(account)
  return [...placed]
}
