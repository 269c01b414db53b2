/**
 * A queue file of Haraka's, read without Haraka: the length of the todo (4 bytes, big endian), the todo as JSON, the
 * message (outbound/index.js). Its name has when it came, when it is tried next and how often it failed (qfile.js).
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'

import { Address } from '@haraka/email-address'

import { relayoutError } from '../../core/errors.js'
import type { QueueItem } from '../../policy/queue-item.js'

/** An item as its file has it. */
export interface QueueFile extends QueueItem {
  /** Milliseconds since the epoch, from the name. */
  readonly nextAttemptMs: number
  readonly todo: QueueItem['todo'] & { readonly uuid: string; readonly domain: string }
}

/** What the name says. */
export interface QueueFileName {
  readonly arrivalMs: number
  readonly nextAttemptMs: number
  readonly attempts: number
}

const NAME = /^(\d+)_(\d+)_(\d+)_\d+_[^_]+_\d+_[^_]+$/

/** Most todos are read with the first piece. */
const PIECE_BYTES = 8 * 1024
const PIECE = Buffer.alloc(PIECE_BYTES)
/** 100,000 recipients are about 10 MB. */
const MOST_BYTES = 64 * 1024 * 1024

/** Without it the opening of a pipe lasts until somebody writes to it. */
const READ_NOW = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK)

/** Undefined where it is no name of a queue file. */
export function parseQueueFileName(name: string): QueueFileName | undefined {
  const match = NAME.exec(name)
  return match
    ? { arrivalMs: Number(match[1]), nextAttemptMs: Number(match[2]), attempts: Number(match[3]) }
    : undefined
}

/** A file that is not whole; the message says what is wrong with it. */
export class NotWhole extends Error {}

/** Rejects with a RelayoutError where the file is not whole, and with the system's error where it cannot be read. */
export async function readQueueFile(file: string): Promise<QueueFile> {
  try {
    return await Promise.resolve(queueFileAt(file))
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error
    throw relayoutError('RELAYOUT_E_QUEUE_FILE', { file: path.basename(file), why: error.message })
  }
}

/**
 * Throws NotWhole, or the system's error. Synchronous: of a hundred thousand files, nearly all of which the system has
 * in its memory, each takes 10 µs so, and 60 by way of promises and the thread pool.
 */
export function queueFileAt(file: string): QueueFile {
  const handle = openSync(file, READ_NOW)
  try {
    return readOpenFile(file, handle)
  } finally {
    closeSync(handle)
  }
}

function readOpenFile(file: string, handle: number): QueueFile {
  const found = fstatSync(handle)
  // Of a folder the system says so itself.
  if (!found.isFile() && !found.isDirectory()) throw new NotWhole('it is no ordinary file')
  const { size } = found
  const bytesRead = readSync(handle, PIECE, 0, PIECE_BYTES, 0)
  if (bytesRead < 4) throw new NotWhole(size === 0 ? 'it is empty' : `it has ${size} bytes`)
  const length = PIECE.readUInt32BE(0)
  const dataStart = length + 4
  if (length > MOST_BYTES) throw new NotWhole('it does not begin with the length of its envelope')
  if (dataStart > size) throw new NotWhole(`its envelope ends after ${size} of ${dataStart} bytes`)
  const whole = dataStart <= bytesRead ? PIECE : readPiece(handle, dataStart)
  const filename = path.basename(file)
  const name = parseQueueFileName(filename)
  return {
    path: path.resolve(file),
    filename,
    data_start: dataStart,
    file_size: size,
    num_failures: name?.attempts ?? 0,
    nextAttemptMs: name?.nextAttemptMs ?? 0,
    todo: readTodo(whole.toString('utf8', 4, dataStart)),
  }
}

function readPiece(handle: number, bytes: number): Buffer {
  const piece = Buffer.alloc(bytes)
  readSync(handle, piece, 0, bytes, 0)
  return piece
}

interface StoredTodo {
  readonly queue_time: number
  readonly uuid: string
  readonly domain: string
  readonly mail_from: object
  readonly rcpt_to: readonly object[]
}

function readTodo(text: string): QueueFile['todo'] {
  try {
    const { queue_time, uuid, domain, mail_from, rcpt_to } = JSON.parse(text) as StoredTodo
    if (typeof queue_time !== 'number' || typeof uuid !== 'string') throw new Error('it has no time or no id')
    return { queue_time, uuid, domain, mail_from: address(mail_from), rcpt_to: rcpt_to.map(address) }
  } catch {
    throw new NotWhole('its envelope cannot be read')
  }
}

/** As hmail makes one of what is stored. */
function address(stored: object): Address {
  return new Address(stored as unknown as string)
}
