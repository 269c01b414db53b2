/** The messages that are named on the command line: queue files, message files, or `-` for standard input. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { relayoutError, RelayoutError } from '../../core/errors.js'
import type { QueueItem } from '../../policy/queue-item.js'
import { unreadable } from '../installation.js'
import { makeTemporaryFolder, noTemporary, removeTemporaryFolder } from '../temporary-folder.js'
import { bareAddress, type EnvelopeGiven, messageItems, recipientAddress } from './message-file.js'
import { parseQueueFileName, readQueueFile } from './queue-file.js'

/** A message under the name that it was given by. */
export interface NamedItem {
  readonly name: string
  readonly item: QueueItem
}

export interface Messages {
  readonly items: readonly NamedItem[]
  /** What was made for them is removed. */
  remove(): void
}

/** Rejects with a RelayoutError. */
export async function readMessages(names: readonly string[], stdin: Readable, given: EnvelopeGiven): Promise<Messages> {
  const folders: string[] = []
  const remove = (): void => folders.forEach(removeTemporaryFolder)
  try {
    const items: NamedItem[] = []
    for (const name of names) {
      const [file, shown] = name === '-' ? [await standardInput(stdin, folders), 'standard input'] : [name, name]
      for (const item of await itemsOf(file, shown, given)) items.push({ name: shown, item })
    }
    return { items, remove }
  } catch (error) {
    remove()
    throw error
  }
}

async function itemsOf(file: string, shown: string, given: EnvelopeGiven): Promise<QueueItem[]> {
  try {
    const found = await stat(file)
    if (!found.isFile() && !found.isDirectory()) {
      throw relayoutError('RELAYOUT_E_NOT_A_MESSAGE', { file: shown, why: 'it is no ordinary file' })
    }
    if (found.size === 0) throw relayoutError('RELAYOUT_E_NOT_A_MESSAGE', { file: shown, why: 'it is empty' })
    if (parseQueueFileName(path.basename(file))) return [withEnvelope(await readQueueFile(file), given)]
    return await messageItems(file, shown, given)
  } catch (error) {
    throw error instanceof RelayoutError ? error : unreadable(shown, error)
  }
}

function withEnvelope(item: QueueItem, { from, to }: EnvelopeGiven): QueueItem {
  const mail_from = from === undefined ? item.todo.mail_from : bareAddress(from)
  const rcpt_to = to.length > 0 ? to.map(recipientAddress) : item.todo.rcpt_to
  return { ...item, todo: { ...item.todo, mail_from, rcpt_to } }
}

/** The script's header is read from a file. */
async function standardInput(stdin: Readable, folders: string[]): Promise<string> {
  const folder = makeTemporaryFolder()
  folders.push(folder)
  const file = path.join(folder, 'standard-input.eml')
  const copy = createWriteStream(file, { mode: 0o600 })
  await pipeline(stdin, copy).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).syscall === 'read' ? unreadable('standard input', error) : noTemporary(error)
  })
  return file
}
