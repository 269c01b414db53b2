/**
 * What is known of each item, in some forty bytes of memory and a line of a temporary file: so a million of them can be
 * brought into their order.
 */
import { byRank, type Rank } from '../../../core/rank.js'
import type { SenderSettings } from '../../../core/settings/settings.js'
import type { ListedItem } from './report.js'
import type { RecordFile } from './record-file.js'

/**
 * `now`: a sender takes it, and its turn comes. `skipped`: all its senders refuse it. `later`: it waits for its next try.
 * `alone`: no sender is for it, so that Haraka delivers it as if the plugin were not there.
 */
export type Section = 'now' | 'skipped' | 'later' | 'alone'

const SECTIONS: readonly Section[] = ['now', 'skipped', 'later', 'alone']
const NOBODY = 0xffffffff

export interface Entry {
  readonly section: Section
  /** That takes it, and its rank there. */
  readonly sender?: SenderSettings
  readonly rank?: Rank
}

export class Ledger {
  readonly #senders: readonly SenderSettings[]
  readonly #records: RecordFile | undefined
  /** By the item's number; 0: there is none, else one more than the place in SECTIONS. */
  readonly #sections: Uint8Array
  readonly #takenBy: Uint32Array
  readonly #priorities: Float64Array
  readonly #arrivals: Float64Array
  readonly #sizes: Float64Array
  readonly #offsets: Float64Array
  readonly #lengths: Uint32Array

  /** For `most` items at most. Without `records` the items themselves are not kept. */
  constructor(most: number, senders: readonly SenderSettings[], records: RecordFile | undefined) {
    this.#senders = senders
    this.#records = records
    this.#sections = new Uint8Array(most)
    this.#takenBy = new Uint32Array(most)
    this.#priorities = new Float64Array(most)
    this.#arrivals = new Float64Array(most)
    this.#sizes = new Float64Array(most)
    this.#offsets = new Float64Array(most)
    this.#lengths = new Uint32Array(most)
  }

  /** `number`: from 0 on, in the order in which the items are offered. */
  add(number: number, { section, sender, rank }: Entry, item: () => ListedItem): void {
    this.#sections[number] = SECTIONS.indexOf(section) + 1
    this.#takenBy[number] = sender ? this.#senders.indexOf(sender) : NOBODY
    if (rank) {
      this.#priorities[number] = rank.priority
      this.#arrivals[number] = rank.arrivalMs
      this.#sizes[number] = rank.size
    }
    if (!this.#records) return
    const { offset, length } = this.#records.append(JSON.stringify(item()))
    this.#offsets[number] = offset
    this.#lengths[number] = length
  }

  /** Numbers of items: of those that go now, a sender's in its sending order; of the others in the order of their offers. */
  of(section: Section, sender?: SenderSettings): Uint32Array {
    const code = SECTIONS.indexOf(section) + 1
    const takenBy = sender && this.#senders.indexOf(sender)
    const found = new Uint32Array(this.#sections.length)
    let count = 0
    for (let i = 0; i < found.length; i++) {
      if (this.#sections[i] === code && (takenBy === undefined || this.#takenBy[i] === takenBy)) found[count++] = i
    }
    const items = found.slice(0, count)
    if (sender && section === 'now') this.#sort(items, sender)
    return items
  }

  /** Its line: JSON. */
  line(number: number): string {
    if (!this.#records) throw new Error('the items are not kept')
    return this.#records.read({ offset: this.#offsets[number] ?? 0, length: this.#lengths[number] ?? 0 })
  }

  /** As the plugin's scheduler has it: equal ones in the order of their offers, which is that of their numbers. */
  #sort(items: Uint32Array, { order }: SenderSettings): void {
    const compare = byRank(order)
    const [left, right] = [
      { priority: 0, arrivalMs: 0, size: 0 },
      { priority: 0, arrivalMs: 0, size: 0 },
    ]
    const fill = (rank: typeof left, number: number): Rank => {
      rank.priority = this.#priorities[number] ?? 0
      rank.arrivalMs = this.#arrivals[number] ?? 0
      rank.size = this.#sizes[number] ?? 0
      return rank
    }
    items.sort((a, b) => compare(fill(left, a), fill(right, b)) || a - b)
  }
}
