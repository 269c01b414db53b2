/**
 * The common fields of a record, read off the beginning of its line, which costs a fraction of reading the line as JSON.
 *
 * It knows a line as lib/journal's recorder writes it, whole. Of any other it says nothing, so that it is read in full:
 * what is no record is found either way, unless the damage lies within the line of another message.
 */
import { JOURNAL_EVENTS, type JournalEvent } from '../../../journal/records.js'

export interface Peeked {
  readonly t: string
  readonly event: JournalEvent
  readonly id: string | undefined
  readonly item: string | undefined
}

const COMMON =
  /^\{"v":1,"t":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","event":"([a-z]+)","pid":\d+(?:,"id":"([!#-[\]-~]*)","item":"([!#-[\]-~]*)")?[,}]/

/** Where the common fields end at the latest, bytes. */
const LOOKED_AT = 400

const CLOSING_BRACE = 0x7d

export function peek(line: Buffer): Peeked | undefined {
  if (line[line.length - 1] !== CLOSING_BRACE) return undefined
  const match = COMMON.exec(line.toString('latin1', 0, LOOKED_AT))
  if (!match) return undefined
  const [, t = '', event = '', id, item] = match
  return Object.hasOwn(JOURNAL_EVENTS, event) ? { t, event: event as JournalEvent, id, item } : undefined
}
