/** The offers and replies of a journal, in their order. */
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { toBytes } from '../../../core/byte-string.js'
import { parseReply } from '../../../core/reply.js'
import { isFault, type JournalFault, readJournal } from '../../../journal/journal-reader.js'
import type { RecordOf } from '../../../journal/records.js'
import { type QueueItem, rememberTry } from '../../../policy/queue-item.js'
import { makeTemporaryFolder, noTemporary, removeTemporaryFolder } from '../../temporary-folder.js'
import type { Input, MessageInput, ReplyInput } from './inputs.js'

/** What there is to say of the journal itself. */
export interface JournalNotes {
  readonly faults: JournalFault[]
  faultCount: number
  /** Addresses are hashed: rules about them cannot be tried. */
  hashed: boolean
  /** Offers without their header, and those that do not have all their recipients. */
  withoutHeader: number
  cutRecipients: number
}

/** Of queue files; another one need be none that the system takes. */
const USUAL_NAME = /^\w[\w.+-]{0,200}$/

/** Of the faults, so many are told. */
const MOST_FAULTS = 5

export async function* journalInputs(file: string, notes: JournalNotes): AsyncGenerator<Input, void> {
  const folder = makeTemporaryFolder()
  try {
    for await (const entry of readJournal(file)) {
      if (isFault(entry)) {
        notes.faultCount++
        if (notes.faults.length < MOST_FAULTS) notes.faults.push(entry)
      } else if (entry.event === 'begin') notes.hashed ||= entry.addresses === 'hashed'
      else if (entry.event === 'offer') {
        const offer = await offered(entry, folder, notes)
        yield offer
        await rm(offer.item.path) // both scripts have answered when the next one is asked for
      } else if (entry.event === 'reply') yield* replied(entry)
    }
  } finally {
    removeTemporaryFolder(folder)
  }
}

/** The header is where the script's thread reads it: in a file. */
async function offered(record: RecordOf<'offer'>, folder: string, notes: JournalNotes): Promise<MessageInput> {
  const { headers, from, to, size, queued, retries, lastTry } = record
  if (!headers) notes.withoutHeader++
  if (record.recipients !== undefined) notes.cutRecipients++
  const filename = path.basename(record.file)
  const file = path.join(folder, USUAL_NAME.test(filename) ? filename : 'offer')
  const header = toBytes([...(headers ?? []), '', ''].join('\r\n'))
  await writeFile(file, header, 'latin1').catch((error: unknown) => Promise.reject(noTemporary(error)))
  const item: QueueItem = {
    path: file,
    filename,
    data_start: 0,
    file_size: size,
    num_failures: retries,
    todo: {
      queue_time: Date.parse(queued),
      mail_from: { address: from },
      rcpt_to: to.map((address) => ({ address })),
    },
  }
  if (lastTry !== undefined) rememberTry(item, Date.parse(lastTry))
  return {
    kind: 'message',
    source: 'journal',
    name: record.id ?? filename,
    itemKey: record.item ?? filename,
    item,
    atMs: Date.parse(record.t),
  }
}

function* replied(record: RecordOf<'reply'>): Generator<ReplyInput, void> {
  const { sender, server, stage, command } = record
  const reply = parseReply(record.reply.map(toBytes))
  if (reply) yield { kind: 'reply', sender, server, stage, shown: command, reply, atMs: Date.parse(record.t) }
}
