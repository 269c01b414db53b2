/**
 * Replaces an item's queue file by one with other recipients, in one step: whatever happens, the file is the old one or
 * the new one.
 *
 * A queue file is the length of the todo (4 bytes, big endian), the todo as JSON, the message. (outbound/index.js)
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { Seam } from './seam.js'
import type { HarakaAddress, HMail } from './shapes.js'

/** Rejects when the disk does not allow it; the old file is in place then. */
export async function replaceRecipients(hmail: HMail, recipients: readonly HarakaAddress[], seam: Seam): Promise<void> {
  // Haraka removes what is left of such a name when it starts.
  const temporary = path.join(path.dirname(hmail.path), `${seam.temporaryPrefix}${hmail.filename}`)
  const messageBytes = hmail.file_size - hmail.data_start
  try {
    const todo = { ...hmail.todo, rcpt_to: recipients }
    const output = createWriteStream(temporary)
    const begun = new Promise<void>((resolve, reject) => {
      output.once('error', reject)
      seam.writeTodo(todo, output, resolve)
    })
    await begun
    await pipeline(createReadStream(hmail.path, { start: hmail.data_start }), output)
    const size = await toDisk(temporary)
    await rename(temporary, hmail.path)
    hmail.data_start = size - messageBytes
    hmail.file_size = size
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Its size, when all of it is on the disk. */
async function toDisk(name: string): Promise<number> {
  const file = await open(name, 'r+')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}
