/** What the journal has of one item of the queue: its own records, and shared ones that explain it, in their order. */
import type { JournalRecord } from '../../../journal/records.js'
import type { Entry } from './shared-records.js'

export class Account {
  readonly id: string
  readonly item: string
  readonly #entries = new Map<number, Entry>()
  #to: readonly string[] | undefined

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

  add({ place, record }: Entry): void {
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
