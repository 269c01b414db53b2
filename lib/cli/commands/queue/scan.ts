/**
 * Reads each item of the queue, and asks the senders about it: those that are due first, in the order in which Haraka
 * offers them, then those that wait for their next try, in the order of those.
 *
 * A file that is gone was sent or renamed meanwhile: Haraka need not stand still.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'

import type { SenderSettings } from '../../../core/settings/settings.js'
import { messageSize, rankOf } from '../../../policy/queue-item.js'
import { reasonOf } from '../../installation.js'
import { NotWhole, type QueueFile, queueFileAt } from '../../messages/queue-file.js'
import type { QueueListing } from '../../queue-folder/list-queue.js'
import { OddFileTally } from '../../queue-folder/odd-files.js'
import type { Decided, Rehearsal } from '../../rehearsal/rehearsal.js'
import type { Entry, Ledger } from './ledger.js'
import { type FoundFiles, listedItem } from './report.js'
import type { Sums } from './sums.js'

export interface ScanOptions {
  readonly folder: string
  readonly rehearsal: Rehearsal
  /** Only what it takes or skips. */
  readonly only: SenderSettings | undefined
  readonly retryIntervals: readonly number[]
  readonly ledger: Ledger
  readonly sums: Sums
  /** Items that have been read. */
  progress(done: number): void
}

/** Items that scripts are asked about at one time. */
const WINDOW = 128
/** Read in one turn: meanwhile the scripts answer for those before. */
const BATCH = 16

export async function scan(listing: QueueListing, options: ScanOptions): Promise<FoundFiles> {
  const { folder, rehearsal } = options
  const damaged = new OddFileTally()
  const unreadable = new OddFileTally()
  let gone = 0
  const read = (name: string): QueueFile | undefined => {
    try {
      return queueFileAt(path.join(folder, name))
    } catch (error) {
      if (error instanceof NotWhole) damaged.add(name, error.message)
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') gone++
      else unreadable.add(name, reasonOf(error))
      return undefined
    }
  }

  let done = 0
  let asking = 0
  let failure: Error | undefined
  let answered = (): void => undefined
  const ask = async (number: number, item: QueueFile, waits: boolean): Promise<void> => {
    asking++
    try {
      // Its header is read when the script asks for it.
      const isGone = (): boolean => !existsSync(item.path)
      const decided = await rehearsal.decide(item, isGone)
      if (decided.answers.some((answer) => answer.failure) && isGone()) gone++
      else note(number, item, decided, waits, options)
    } catch (error) {
      failure ??= error as Error
    }
    asking--
    answered()
  }
  const untilAskingAtMost = async (most: number): Promise<void> => {
    while (asking > most) await new Promise<void>((resolve) => (answered = resolve))
    if (failure) throw failure
  }
  for (const [names, waits] of [
    [listing.due, false],
    [listing.later, true],
  ] as const) {
    for (const name of names.sorted()) {
      const number = done++
      const item = read(name)
      if (item) void ask(number, item, waits)
      if (done % BATCH !== 0) continue
      options.progress(done)
      await setImmediate()
      await untilAskingAtMost(WINDOW - BATCH)
    }
  }
  await untilAskingAtMost(0)
  const { givenUp, beingWritten, strange } = listing
  return { damaged, unreadable, givenUp, beingWritten, strange, gone }
}

function note(number: number, item: QueueFile, decided: Decided, waits: boolean, options: ScanOptions): void {
  const { only, ledger, sums, retryIntervals } = options
  if (only && !concerns(decided, only)) return
  sums.add(decided, { bytes: messageSize(item), queuedMs: item.todo.queue_time, waits })
  ledger.add(number, entryOf(item, decided, waits), () => listedItem(item, decided, { waits, retryIntervals }))
}

/** It takes the message; or nobody does, and it is one of those that were asked. */
function concerns({ taken, answers }: Decided, sender: SenderSettings): boolean {
  if (taken) return taken.sender === sender
  return answers.some((answer) => answer.sender === sender && answer.judgement !== undefined)
}

function entryOf(item: QueueFile, { taken, skip }: Decided, waits: boolean): Entry {
  const section = !taken && !skip ? 'alone' : waits ? 'later' : taken ? 'now' : 'skipped'
  return taken ? { section, sender: taken.sender, rank: rankOf(item, taken.judgement.decision) } : { section }
}
