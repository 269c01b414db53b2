/** `relayout queue`: Haraka's queue folder as it is now, in the order in which its messages would go. */
import path from 'node:path'

import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { readWhole } from '../../read-whole.js'
import { listQueue } from '../../queue-folder/list-queue.js'
import { type OpenRehearsal, openRehearsal, type RehearsalChoice } from '../../rehearsal/open-rehearsal.js'
import { senderNamed } from '../../rehearsal/sender-named.js'
import { Ledger } from './ledger.js'
import { ProgressBar } from '../../output/progress-bar.js'
import { RecordFile } from './record-file.js'
import { scan } from './scan.js'
import { show } from './show.js'
import { Sums } from './sums.js'
import { listsOf, type QueueView } from './view.js'
import { writeJson } from './write-json.js'

export interface QueueOptions extends RehearsalChoice {
  readonly queue?: string
  readonly limit?: string
  readonly sums?: true
  readonly json?: true
}

/** On a terminal, however few rows it has. */
const FEWEST_SHOWN = 20

export async function run(
  context: Context,
  _args: readonly string[],
  { sender: name, ...options }: QueueOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const most = readLimit(options.limit) ?? (options.json ? Infinity : Math.max(FEWEST_SHOWN, terminal.rows))
  // Of all senders, also where only one of them is wanted: those before it may take its messages.
  const opened = openRehearsal(context, options)
  const records = options.sums ? undefined : new RecordFile()
  try {
    const view = await look(context, opened, { ...options, name, most, records })
    if (options.json) await writeJson(terminal, view)
    else await show(terminal, view)
    return foundSomething(view) ? 1 : 0
  } finally {
    records?.close()
    await opened.rehearsal.close()
  }
}

interface Wanted {
  readonly name: string | undefined
  readonly queue?: string
  readonly most: number
  readonly records: RecordFile | undefined
}

async function look({ terminal }: Context, opened: OpenRehearsal, wanted: Wanted): Promise<QueueView> {
  const { installation, rehearsal, heard, atMs } = opened
  const { name, most, records } = wanted
  const only = name === undefined ? undefined : senderNamed(rehearsal.senders, name)
  const senders = only ? [only] : rehearsal.senders
  const folder = path.resolve(wanted.queue ?? installation.queueFolder ?? 'queue')
  const listing = listQueue(folder, atMs)
  const all = listing.due.length + listing.later.length
  const ledger = new Ledger(all, senders, records)
  const sums = new Sums(senders.map((sender) => sender.name))
  const bar = new ProgressBar(terminal, all)
  try {
    const { retryIntervals } = installation
    const progress = (done: number): void => bar.at(done)
    const files = await scan(listing, { folder, rehearsal, only, retryIntervals, ledger, sums, progress })
    return { folder, atMs, lists: records ? listsOf(ledger, senders, most) : [], sums, files, heard }
  } finally {
    bar.end()
  }
}

function foundSomething({ files, heard }: QueueView): boolean {
  const { damaged, unreadable, givenUp } = files
  return [damaged, unreadable, givenUp].some(({ count }) => count > 0) || heard.some(({ kind }) => kind === 'failure')
}

function readLimit(value: string | undefined): number | undefined {
  return value === undefined ? undefined : readWhole('--limit', value, 0, 1_000_000_000)
}
