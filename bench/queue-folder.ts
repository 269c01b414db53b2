/**
 * Folders of queue files as Haraka writes them. Up to 2,000 messages are submitted by SMTP to a Haraka whose outbound
 * delivery is disabled; longer queues are made of copies of those.
 *
 * Copies are as good: of a queue file Haraka reads the name, the length of the todo, the todo and the message, at
 * start-up and whoever put it there, which is how a queue is moved from one Haraka to another. Here each copy has a
 * name, a UUID, a recipient and a Message-Id of its own, so that nothing that delivers it can know it for a copy.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

import { Haraka } from './haraka.js'
import { messages, submitAll } from './messages.js'
import { temporaryFolder } from './temporary-folder.js'

const MOST_SUBMITTED = 2_000
const LENGTH_BYTES = 4

const ACCEPT = `
exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
exports.hook_rcpt = (next) => next(OK)
`

const made = new Map<string, Promise<string>>()

/** The folder, from which queues are copied: made once for each size, gone with this process. */
export async function queueFolder(count: number, recipientsEach = 1): Promise<string> {
  const name = `${count} of ${recipientsEach}`
  const folder =
    made.get(name) ?? (count <= MOST_SUBMITTED ? submitted(count, recipientsEach) : multiplied(count, recipientsEach))
  made.set(name, folder)
  return folder
}

async function submitted(count: number, recipientsEach: number): Promise<string> {
  const haraka = await Haraka.create({
    plugins: ['accept'],
    sources: { accept: ACCEPT },
    config: { 'outbound.ini': 'disabled=true\n' },
  })
  try {
    haraka.spawn()
    await haraka.listening()
    await submitAll(haraka.port, messages(count, recipientsEach))
    await haraka.stop()
    const queued = fs.readdirSync(haraka.queue).length
    if (queued !== count) throw new Error(`${queued} messages are in the queue instead of ${count}`)
    const folder = temporaryFolder('queue')
    fs.cpSync(haraka.queue, folder, { recursive: true })
    return folder
  } finally {
    await haraka.remove()
  }
}

async function multiplied(count: number, recipientsEach: number): Promise<string> {
  const source = await queueFolder(MOST_SUBMITTED, recipientsEach)
  const originals = fs.readdirSync(source).map((name) => ({ name, bytes: fs.readFileSync(path.join(source, name)) }))
  const folder = temporaryFolder('queue')
  for (let at = 0; at < count; at++) {
    const { name, bytes } = originals[at % originals.length]!
    fs.writeFileSync(path.join(folder, copiedName(name, at)), copied(bytes, at))
  }
  return folder
}

/** ARRIVAL_NEXTATTEMPT_ATTEMPTS_PID_UNIQUE_COUNTER_HOST, with another UNIQUE. */
function copiedName(name: string, at: number): string {
  const parts = name.split('_')
  parts[4] = at.toString(36).padStart(6, 'A')
  return parts.join('_')
}

/** Length of the todo, big-endian; the todo, JSON; the message. */
function copied(file: Buffer, at: number): Buffer {
  const end = LENGTH_BYTES + file.readUInt32BE(0)
  const renamed = (text: string): string =>
    text.replaceAll(/\brecipient\d+/g, `recipient${at}`).replace(/<\d+\.bench@/, `<${at}.bench@`)
  const todo = renamed(file.toString('latin1', LENGTH_BYTES, end)).replace(
    /("uuid":\s*")[^"]+/,
    `$1${randomUUID().toUpperCase()}.1.1`,
  )
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(todo.length)
  return Buffer.concat([length, Buffer.from(todo + renamed(file.toString('latin1', end)), 'latin1')])
}
