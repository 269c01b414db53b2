/** The lists of `relayout queue`, for people. */
import type { Column } from '../../output/table.js'
import { plain, type Terminal } from '../../output/terminal.js'
import { count, duration, path, size } from '../../output/units.js'
import type { Section } from './ledger.js'
import { LongList } from './long-list.js'
import type { ListedItem } from './report.js'
import { itemIn, type ItemList, type QueueView } from './view.js'

interface ShownColumn extends Column {
  /** The most that it may come to, where it cannot be cut. */
  readonly widest: string
  readonly cell: (item: ListedItem, position: number, atMs: number) => string
}

const number: Pick<Column, 'align'> = { align: 'right' }

const POSITION: ShownColumn = {
  ...number,
  title: '#',
  widest: '1000000',
  cell: (_, position) => String(position),
}
const PRIORITY: ShownColumn = {
  ...number,
  title: 'PRIO',
  widest: '100',
  cell: ({ priority }) => (priority === undefined ? '' : String(Number(priority.toFixed(2)))),
}
const AGE: ShownColumn = {
  ...number,
  title: 'AGE',
  widest: '10d 10h',
  cell: ({ arrived }, _, atMs) => duration((atMs - Date.parse(arrived)) / 1000),
}
const SIZE: ShownColumn = { ...number, title: 'SIZE', widest: '10.0 MB', cell: (item) => size(item.size) }
const TRIES: ShownColumn = {
  ...number,
  title: 'TRIES',
  widest: '10',
  cell: ({ attempts, forceLastTry }) => `${attempts}${forceLastTry ? ' last' : ''}`,
}
const NEXT: ShownColumn = {
  ...number,
  title: 'NEXT TRY',
  widest: 'in 10d 10h',
  cell: ({ nextTry }, _, atMs) => (nextTry ? `in ${duration((Date.parse(nextTry) - atMs) / 1000)}` : 'now'),
}
const AGAIN: ShownColumn = {
  ...number,
  title: 'AGAIN',
  widest: '10h 10m',
  cell: ({ retrySeconds }) => (retrySeconds === undefined ? '' : duration(retrySeconds)),
}
const FROM: ShownColumn = { title: 'FROM', least: 12, widest: '', cell: ({ from }) => plain(from || path('')) }
const TO: ShownColumn = {
  title: 'TO',
  least: 12,
  widest: '',
  cell: ({ to }) => plain(to[0] ?? '') + (to.length > 1 ? ` +${(to.length - 1).toLocaleString('en-US')}` : ''),
}
const REASON: ShownColumn = {
  title: 'REASON',
  least: 16,
  wraps: true,
  widest: '',
  cell: ({ outcome, reason = '' }) => plain(outcome === 'hold' ? `held: ${reason}` : reason),
}
const SENDER: ShownColumn = {
  title: 'SENDER',
  least: 8,
  widest: '',
  cell: ({ sender, outcome }) => (sender === undefined ? outcome : plain(sender)),
}

const COLUMNS: Record<Section, readonly ShownColumn[]> = {
  now: [POSITION, PRIORITY, AGE, SIZE, TRIES, FROM, TO],
  skipped: [AGAIN, AGE, SIZE, TRIES, FROM, TO, REASON],
  later: [NEXT, SENDER, PRIORITY, AGE, SIZE, TRIES, FROM, TO],
  alone: [NEXT, AGE, SIZE, TRIES, FROM, TO],
}

export async function showLists(terminal: Terminal, { lists, atMs }: QueueView): Promise<void> {
  for (const list of lists) {
    terminal.print(terminal.paint('bold', title(list)))
    const columns = COLUMNS[list.section]
    const shown = new LongList(
      terminal,
      columns,
      columns.map(({ widest }) => widest),
    )
    let position = 0
    for (const line of list.lines()) {
      const item = itemIn(line)
      position++
      await shown.add(columns.map(({ cell }) => cell(item, position, atMs)))
    }
    if (position > 0) await shown.end()
    const left = list.length - position
    if (left > 0) terminal.print(terminal.paint('dim', `… and ${left.toLocaleString('en-US')} more`))
    terminal.print()
  }
}

function title({ section, sender, length }: ItemList): string {
  const messages = count(length, 'message')
  const one = length === 1
  if (section === 'now') return `${plain(sender?.name ?? '')} sends now, in this order: ${messages}`
  if (section === 'skipped') return `Skipped, and asked about again: ${messages}`
  if (section === 'later') return `Waiting for ${one ? 'its' : 'their'} next try: ${messages}`
  return `No sender is for ${one ? 'it' : 'them'}, Haraka delivers as without the plugin: ${messages}`
}
