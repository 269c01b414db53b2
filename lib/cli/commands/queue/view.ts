/** The queue as it has been read: its lists, how much of each is shown, its sums and its files. */
import type { SenderSettings } from '../../../core/settings/settings.js'
import type { Heard } from '../../rehearsal/rehearsal.js'
import type { Ledger, Section } from './ledger.js'
import type { FoundFiles, ListedItem } from './report.js'
import { shares } from './shares.js'
import type { Sums } from './sums.js'

export interface QueueView {
  readonly folder: string
  readonly atMs: number
  readonly lists: readonly ItemList[]
  readonly sums: Sums
  readonly files: FoundFiles
  readonly heard: readonly Heard[]
}

/** Those of one section; of those that go now, one sender's. */
export interface ItemList {
  readonly section: Section
  readonly sender?: SenderSettings
  readonly length: number
  /** The first ones, as many as are shown; JSON. */
  lines(): Iterable<string>
}

/** In the order in which they are shown; none that is empty. `most`: items that are shown of all lists together. */
export function listsOf(ledger: Ledger, senders: readonly SenderSettings[], most: number): ItemList[] {
  const lists = [
    ...senders.map((sender) => ({ section: 'now' as const, sender, items: ledger.of('now', sender) })),
    ...(['skipped', 'later', 'alone'] as const).map((section) => ({ section, items: ledger.of(section) })),
  ].filter(({ items }) => items.length > 0)
  const shown = shares(
    lists.map(({ items }) => items.length),
    most,
  )
  return lists.map(({ items, ...list }, i) => ({
    ...list,
    length: items.length,
    *lines() {
      for (const number of items.subarray(0, shown[i])) yield ledger.line(number)
    },
  }))
}

export function itemIn(line: string): ListedItem {
  return JSON.parse(line) as ListedItem
}
