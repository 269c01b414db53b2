/** What `relayout queue` found, for people: the lists, the sums, and what is wrong with the folder. */
import { type Column, table } from '../../output/table.js'
import { plain, plainEnd, type Terminal } from '../../output/terminal.js'
import { count, duration, size } from '../../output/units.js'
import type { OddFiles } from '../../queue-folder/odd-files.js'
import { showHeard } from '../../rehearsal/show-heard.js'
import type { FoundFiles } from './report.js'
import { showLists } from './show-lists.js'
import type { Skips, Sum } from './sums.js'
import type { QueueView } from './view.js'

const SUMS: readonly Column[] = [
  { title: 'SENDER', least: 8 },
  { title: 'MESSAGES', align: 'right' },
  { title: 'WAITING', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'OLDEST', align: 'right' },
  { title: 'SKIPS', align: 'right' },
  { title: 'MOST FREQUENT REASONS', least: 20, wraps: true },
]

/** For each sender. */
const MOST_REASONS = 3

export async function show(terminal: Terminal, view: QueueView): Promise<void> {
  const { folder, sums, files, atMs } = view
  terminal.print(terminal.paint('bold', plainEnd(folder, terminal.columns)))
  const gone = files.gone > 0 ? `; ${files.gone.toLocaleString('en-US')} went while it was read` : ''
  terminal.print(`${count(sums.all.items, 'message')}, ${size(sums.all.bytes)}${gone}`)
  terminal.print()
  await showLists(terminal, view)
  if (sums.all.items > 0) showSums(terminal, view, atMs)
  showFiles(terminal, files)
  showHeard(terminal, view.heard)
}

function showSums(terminal: Terminal, { sums }: QueueView, atMs: number): void {
  const row = (name: string, sum: Sum, skips?: Skips): string[] => [
    name,
    sum.items.toLocaleString('en-US'),
    sum.waiting.toLocaleString('en-US'),
    size(sum.bytes),
    sum.oldestMs === undefined ? '' : duration((atMs - sum.oldestMs) / 1000),
    skips ? skips.count.toLocaleString('en-US') : '',
    skips ? reasons(skips) : '',
  ]
  const { skipped, alone, all } = sums
  const rows = [
    ...sums.senders().map(({ sender, takes, skips }) => row(plain(sender), takes, skips)),
    ...(skipped.items > 0 ? [row('(skipped)', skipped)] : []),
    ...(alone.items > 0 ? [row('(Haraka alone)', alone)] : []),
    row('all', all),
  ]
  for (const line of table(terminal, SUMS, rows)) terminal.print(line)
  terminal.print()
}

function reasons(skips: Skips): string {
  return skips
    .reasons(MOST_REASONS)
    .map(({ reason, count: times }) => `${times.toLocaleString('en-US')}× ${plain(reason)}`)
    .join('; ')
}

function showFiles(terminal: Terminal, files: FoundFiles): void {
  const { damaged, unreadable, givenUp, beingWritten, strange } = files
  tell(terminal, 'red', damaged, 'Damaged, so that Haraka cannot deliver ' + (damaged.count === 1 ? 'it' : 'them'))
  tell(terminal, 'red', unreadable, 'Not readable')
  tell(terminal, 'red', givenUp, 'error.*, which Haraka gave up reading and leaves alone')
  tell(terminal, 'yellow', strange, 'Of another name than queue files have, left alone by Haraka')
  tell(terminal, 'dim', beingWritten, '__tmp__.*, being written or left over from a crash')
}

const INDENT = '   '

function tell(terminal: Terminal, colour: 'red' | 'yellow' | 'dim', files: OddFiles, kind: string): void {
  const { count: all, first } = files
  if (all === 0) return
  terminal.print(terminal.paint(colour, `${kind}: ${count(all, 'file')}`))
  for (const { file, why } of first) {
    terminal.print(`${INDENT}${plain(file)}`)
    if (why !== undefined) terminal.print(`${INDENT}${INDENT}${plain(why)}`)
  }
  if (all > first.length) terminal.print(`${INDENT}… and ${(all - first.length).toLocaleString('en-US')} more`)
  terminal.print()
}
