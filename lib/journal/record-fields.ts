/** Whether the fields of a record that is read back are what they are to be: a journal is a file, and anybody may edit it. */
import type { JournalEvent } from './records.js'

type Kind = readonly [what: string, holds: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === 'string'

const TEXT: Kind = ['no text', isText]
const TEXTS: Kind = ['no list of texts', (value) => Array.isArray(value) && value.every(isText)]
const NUMBER: Kind = ['no number', (value) => typeof value === 'number' && value >= 0]
const SECONDS: Kind = ['no number of seconds', (value) => typeof value === 'number' && value >= 0 && value <= 1e9]
const TIME: Kind = ['no time', isTime]
const TOLD: Kind = [
  'no list of recipients',
  (value) => Array.isArray(value) && value.every((one: unknown) => isText((one as { to?: unknown } | null)?.to)),
]

/** A field of one name is of one kind in all events. */
const KINDS: Readonly<Record<string, Kind>> = {
  ...kinds(TEXT, 'id item file from sender script version answer reason server address sent refused stage command'),
  ...kinds(TEXT, 'outcome returned phase text function kind message kept error addresses'),
  ...kinds(TEXTS, 'to headers failures warnings senders reply presented changed'),
  ...kinds(NUMBER, 'pid size retries recipients senderId priority waiting position port connection messages left'),
  ...kinds(NUMBER, 'scriptLine records'),
  ...kinds(SECONDS, 'retry delay waited'),
  ...kinds(TIME, 'queued lastTry since'),
  told: TOLD,
}

/** What each event has in every case. */
const NEEDED: Readonly<Record<JournalEvent, readonly string[]>> = {
  begin: ['addresses', 'headers'],
  offer: ['id', 'item', 'file', 'size', 'queued', 'from', 'to', 'retries'],
  decision: ['id', 'item', 'sender', 'senderId', 'script', 'version', 'answer'],
  pass: ['id', 'item'],
  skip: ['id', 'item', 'senders', 'reason', 'retry'],
  wait: ['id', 'item', 'sender', 'priority', 'waiting'],
  reoffer: ['id', 'item', 'sender', 'reason'],
  send: ['id', 'item', 'sender', 'priority', 'position', 'waited'],
  connection: ['id', 'item', 'sender', 'server', 'connection'],
  unreachable: ['id', 'item', 'sender', 'server', 'reason'],
  returnpath: ['id', 'item', 'sender', 'server', 'from', 'sent'],
  batv: ['id', 'item', 'sender', 'server', 'refused'],
  reply: ['sender', 'server', 'connection', 'stage', 'command', 'reply'],
  close: ['sender', 'server', 'connection', 'messages', 'recipients', 'reason'],
  part: ['id', 'item', 'sender', 'left'],
  outcome: ['id', 'item', 'outcome', 'reason', 'told'],
  duplicate: ['id', 'item', 'file', 'reason'],
  session: ['phase', 'sender', 'script', 'version'],
  print: ['sender', 'script', 'text'],
  failure: ['sender', 'function', 'kind', 'file', 'message'],
  warning: ['sender', 'text'],
  reload: [],
  lost: ['records', 'since'],
}

/** What is wrong with one of them, as it completes "the line is left out: …". */
export function wrongField(event: JournalEvent, record: Readonly<Record<string, unknown>>): string | undefined {
  const absent = NEEDED[event].find((name) => record[name] === undefined)
  if (absent !== undefined) return `it has no ${absent}`
  for (const [name, value] of Object.entries(record)) {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
    if (kind && !kind[1](value)) return `its ${name} is ${kind[0]}`
  }
  return undefined
}

/** From 1970 to the year 9999. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-/.test(value) && Date.parse(value) >= 0
}

function kinds(kind: Kind, names: string): Record<string, Kind> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]))
}
