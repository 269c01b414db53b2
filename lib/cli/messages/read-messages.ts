/** The messages that are named on the command line: queue files, message files, or `-` for standard input. */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { relayoutError, RelayoutError } from '../../core/errors.js'
import type { QueueItem } from '../../policy/queue-item.js'
import { unreadable } from '../installation.js'
import { bareAddress, type EnvelopeGiven, messageItems } from './message-file.js'
import { parseQueueFileName, readQueueFile } from './queue-file.js'

/** A message under the name that it was given by. */
export interface NamedItem {
  readonly name: string
  readonly item: QueueItem
}

export interface Messages {
  readonly items: readonly NamedItem[]
  /** What was made for them is removed. */
  remove(): Promise<void>
}

/** Rejects with a RelayoutError. */
export async function readMessages(names: readonly string[], stdin: Readable, given: EnvelopeGiven): Promise<Messages> {
  const folders: string[] = []
  const remove = async (): Promise<void> => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  }
  try {
    const items: NamedItem[] = []
    for (const name of names) {
      const [file, shown] = name === '-' ? [await standardInput(stdin, folders), 'standard input'] : [name, name]
      for (const item of await itemsOf(file, shown, given)) items.push({ name: shown, item })
    }
    return { items, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function itemsOf(file: string, shown: string, given: EnvelopeGiven): Promise<QueueItem[]> {
  try {
    const { size } = await stat(file)
    if (size === 0) throw relayoutError('RELAYOUT_E_NOT_A_MESSAGE', { file: shown, why: 'it is empty' })
    if (parseQueueFileName(path.basename(file))) return [withEnvelope(await readQueueFile(file), given)]
    return await messageItems(file, shown, given)
  } catch (error) {
    throw error instanceof RelayoutError ? error : unreadable(shown, error)
  }
}

function withEnvelope(item: QueueItem, { from, to }: EnvelopeGiven): QueueItem {
  const mail_from = from === undefined ? item.todo.mail_from : bareAddress(from)
  const rcpt_to = to.length > 0 ? to.map(bareAddress) : item.todo.rcpt_to
  return { ...item, todo: { ...item.todo, mail_from, rcpt_to } }
}

/** The script's header is read from a file. */
async function standardInput(stdin: Readable, folders: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'relayout-'))
  folders.push(folder)
  const file = path.join(folder, 'standard-input.eml')
  await pipeline(stdin, createWriteStream(file, { mode: 0o600 }))
  return file
}
