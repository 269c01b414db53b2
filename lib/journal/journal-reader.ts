/**
 * Reads a journal: its records in order, those of older files first. Nothing in a file makes it fail: a line that is no
 * record is told as a fault, and reading goes on. It holds one piece of a file and one line in memory.
 *
 * The files are opened before the first of them is read, so that a rotation meanwhile neither hides nor doubles records.
 */
import { type FileHandle, open, realpath } from 'node:fs/promises'

import { isTime, wrongField } from './record-fields.js'
import { JOURNAL_EVENTS, JOURNAL_VERSION, type JournalEvent, type JournalRecord } from './records.js'
import { olderFiles } from './rotation.js'

/** A line that is no record, or a file that cannot be read (line 0). */
export interface JournalFault {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly why: string
}

export type JournalEntry = JournalRecord | JournalFault

export function isFault(entry: JournalEntry): entry is JournalFault {
  return !('v' in entry) // a record has it, and may have a field of any other name
}

/** Longer ones are no records of ours. */
export const LONGEST_LINE_BYTES = 8 * 1024 * 1024
const PIECE_BYTES = 256 * 1024

interface OpenFile {
  readonly name: string
  readonly handle: FileHandle
}

/** Looks at a line, without its end, before it is read as a record; false: it is passed over, whatever is in it. */
export type WantedLine = (line: Buffer) => boolean

/** The journal with its older files, the oldest first. */
export async function* readJournal(file: string, wanted?: WantedLine): AsyncGenerator<JournalEntry, void> {
  const { files, faults } = await openAll(file)
  try {
    yield* faults
    for (const opened of files.reverse()) yield* entriesOf(opened, wanted)
  } finally {
    for (const { handle } of files) await handle.close().catch(() => undefined)
  }
}

/**
 * The youngest first: what is renamed meanwhile is met again, and left out then. The oldest may so have got a name that
 * was not there at first: it is looked for at the end.
 */
async function openAll(file: string): Promise<{ files: OpenFile[]; faults: JournalFault[] }> {
  const files: OpenFile[] = []
  const faults: JournalFault[] = []
  const known = new Set<string>()
  const take = async (name: string): Promise<void> => {
    const opened = await tryOpen(name)
    if ('why' in opened) {
      // One that is gone since the folder was read was the oldest.
      if (name === file || !opened.why.includes('ENOENT')) faults.push(opened)
      return
    }
    const { dev, ino } = await opened.handle.stat()
    const isNew = !known.has(`${dev} ${ino}`)
    if (isNew) files.push(opened)
    else await opened.handle.close()
    known.add(`${dev} ${ino}`)
  }
  await take(file)
  try {
    const named = await realpath(file).catch(() => file)
    const listed = await olderFiles(named)
    for (const { name } of listed) await take(name)
    const oldest = listed.at(-1)?.number ?? 0
    for (const { name, number } of await olderFiles(named)) if (number > oldest) await take(name)
  } catch {
    // There is no such folder: the file itself has told.
  }
  return { files, faults }
}

async function tryOpen(name: string): Promise<OpenFile | JournalFault> {
  try {
    return { name, handle: await open(name, 'r') }
  } catch (error) {
    return { file: name, line: 0, why: `it cannot be opened: ${String(error)}` }
  }
}

async function* entriesOf({ name, handle }: OpenFile, wanted?: WantedLine): AsyncGenerator<JournalEntry, void> {
  let line = 0
  const entry = (bytes: Buffer | 'too long', ended: boolean): JournalEntry | undefined => {
    line++
    if (bytes !== 'too long' && wanted && !wanted(bytes)) return undefined
    const read = bytes === 'too long' ? `it has more than ${LONGEST_LINE_BYTES} bytes` : recordOf(bytes, ended)
    return typeof read === 'string' ? { file: name, line, why: read } : read
  }
  let rest: Buffer[] = []
  let length = 0
  const whole = (end: Buffer): Buffer | 'too long' =>
    length + end.length > LONGEST_LINE_BYTES ? 'too long' : length === 0 ? end : Buffer.concat([...rest, end])
  try {
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES)
      if (bytesRead === 0) break
      let from = 0
      for (let end = buffer.indexOf(0x0a); end >= 0 && end < bytesRead; end = buffer.indexOf(0x0a, from)) {
        const found = entry(whole(buffer.subarray(from, end)), true)
        if (found) yield found
        rest = []
        length = 0
        from = end + 1
      }
      // What goes on without an end is not kept.
      length += bytesRead - from
      if (length > LONGEST_LINE_BYTES) rest = []
      else rest.push(buffer.subarray(from, bytesRead))
    }
    const found = length > 0 ? entry(whole(Buffer.alloc(0)), false) : undefined
    if (found) yield found
  } catch (error) {
    yield { file: name, line, why: `it cannot be read further: ${String(error)}` }
  }
}

/** The record, or why it is none; undefined for an empty line. */
function recordOf(bytes: Buffer, ended: boolean): JournalRecord | string | undefined {
  if (bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0x0d)) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString().replace(/^\ufeff/, ''))
  } catch {
    return ended ? 'it is no JSON' : 'the line has no end: the process that wrote it was killed'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object'
  const { v, t, event } = value as Partial<Record<string, unknown>>
  if (v !== JOURNAL_VERSION) return `version ${shown(v)} of the format is not known here, only ${JOURNAL_VERSION}`
  if (!isTime(t)) return 'it has no time'
  if (typeof event !== 'string' || !Object.hasOwn(JOURNAL_EVENTS, event)) return `event ${shown(event)} is not known`
  return wrongField(event as JournalEvent, value as Record<string, unknown>) ?? (value as JournalRecord)
}

function shown(value: unknown): string {
  if (value === undefined) return '(none)'
  // Millions of brackets can be read, but not written again: that is recursive.
  return typeof value === 'object' ? '(no plain value)' : JSON.stringify(value).slice(0, 60)
}
