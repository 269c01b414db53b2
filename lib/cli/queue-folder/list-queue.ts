/**
 * What is in Haraka's queue folder, by the names alone (outbound/queue.js, outbound/qfile.js).
 *
 * Haraka goes through the names as they are sorted, and offers at once what is due; an item whose next try lies in the
 * future comes when its time has come. That is the order in which the plugin's scripts see them.
 */
import { opendirSync } from 'node:fs'

import { relayoutError } from '../../core/errors.js'
import { reasonOf } from '../installation.js'
import { parseQueueFileName } from '../messages/queue-file.js'
import { NameList } from './name-list.js'
import { OddFileTally } from './odd-files.js'

export interface QueueListing {
  /** To be tried now, oldest first. */
  readonly due: NameList
  /** To be tried later, those first that are tried first. */
  readonly later: NameList
  /** Haraka could not read them, and leaves them alone. */
  readonly givenUp: OddFileTally
  /** A name of Haraka's own for a file that is not finished. */
  readonly beingWritten: OddFileTally
  /** Haraka does not know their names, and leaves them alone. */
  readonly strange: OddFileTally
}

/** Names that are asked of the system at one time. */
const BATCH = 1024

/** Throws a RelayoutError. */
export function listQueue(folder: string, nowMs: number): QueueListing {
  const listing: QueueListing = {
    due: new NameList(),
    later: new NameList(),
    givenUp: new OddFileTally(),
    beingWritten: new OddFileTally(),
    strange: new OddFileTally(),
  }
  try {
    const names = opendirSync(folder, { bufferSize: BATCH })
    try {
      for (let entry = names.readSync(); entry; entry = names.readSync()) sort(entry.name, listing, nowMs)
    } finally {
      names.closeSync()
    }
  } catch (error) {
    throw relayoutError('RELAYOUT_E_NO_QUEUE', { folder, why: reasonFor(error) })
  }
  return listing
}

function reasonFor(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return { ENOENT: 'it is not there', ENOTDIR: 'it is a file' }[code] ?? reasonOf(error)
}

function sort(name: string, { due, later, givenUp, beingWritten, strange }: QueueListing, nowMs: number): void {
  const parsed = parseQueueFileName(name)
  if (parsed) {
    const { arrivalMs, nextAttemptMs } = parsed
    if (nextAttemptMs <= nowMs) due.add(name, arrivalMs)
    else later.add(name, nextAttemptMs)
  } else if (name.startsWith('error.')) givenUp.add(name)
  else if (name.startsWith('__tmp__.')) beingWritten.add(name)
  else strange.add(name)
}
