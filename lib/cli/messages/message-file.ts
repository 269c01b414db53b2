/**
 * A message as a file (.eml): what it would be in Haraka's queue. Without an envelope of its own it has that of its
 * header: Return-Path or From, and To, Cc and Bcc.
 *
 * As Haraka does, it makes an item of the recipients of each domain (outbound/index.js).
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'

import { Address, type Group, parseHeader } from '@haraka/email-address'

import { fromBytes } from '../../core/byte-string.js'
import { relayoutError } from '../../core/errors.js'
import { endOfHeader, headerField, headerLines } from '../../core/message-header.js'
import type { QueueItem } from '../../policy/queue-item.js'

export interface EnvelopeGiven {
  /** Bare; '' for the null sender. */
  readonly from: string | undefined
  readonly to: readonly string[]
  /** When it came, ms since the epoch. */
  readonly queuedMs: number
}

/** Of its header, bytes: 100,000 recipients are about 3 MB. */
const LOOKED_AT = 16 * 1024 * 1024

/** `shown`: what the file is called in errors. Rejects with a RelayoutError. */
export async function messageItems(file: string, shown: string, given: EnvelopeGiven): Promise<QueueItem[]> {
  const start = await beginning(file)
  const dataStart = separatorLength(start)
  const fields = headerFields(start.slice(dataStart))
  if (fields === undefined) {
    throw relayoutError('RELAYOUT_E_NOT_A_MESSAGE', { file: shown, why: 'it does not begin with a header' })
  }
  const from = given.from === undefined ? returnPathIn(fields, shown) : bareAddress(given.from)
  const to = given.to.length > 0 ? given.to.map(recipientAddress) : recipientsIn(fields, shown)
  const byDomain = new Map<string, Address[]>()
  for (const recipient of to) {
    const before = byDomain.get(recipient.host)
    if (before) before.push(recipient)
    else byDomain.set(recipient.host, [recipient])
  }
  const common = {
    path: path.resolve(file),
    filename: path.basename(shown),
    data_start: dataStart,
    file_size: await sizeAsQueued(file, dataStart),
    num_failures: 0,
  }
  return [...byDomain.values()].map((rcpt_to) => ({
    ...common,
    todo: { queue_time: given.queuedMs, mail_from: from, rcpt_to },
  }))
}

/** Of an option: `user@example.com`, with or without angle brackets; '' and `<>` are the null sender. */
export function bareAddress(value: string): Address {
  const bare = value.trim().replace(/^<(.*)>$/s, '$1')
  try {
    return new Address(`<${bare}>`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw relayoutError('RELAYOUT_E_ADDRESS', { value, why })
  }
}

/** As `bareAddress`; there is no null recipient. */
export function recipientAddress(value: string): Address {
  const address = bareAddress(value)
  if (address.address !== '') return address
  throw relayoutError('RELAYOUT_E_RECIPIENT', { value: value || '""' })
}

/** Byte string. */
async function beginning(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const piece = Buffer.alloc(Math.min((await handle.stat()).size, LOOKED_AT))
    const { bytesRead } = await handle.read(piece, 0, piece.length, 0)
    return piece.toString('latin1', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** By name in lower case, unfolded; undefined where it does not begin with a header. */
function headerFields(bytes: string): Map<string, string[]> | undefined {
  const end = endOfHeader(bytes)
  const fields = new Map<string, string[]>()
  for (const [i, line] of headerLines(end < 0 ? bytes : bytes.slice(0, end)).entries()) {
    const [name, value] = headerField(line) ?? []
    if (name === undefined && i === 0) return undefined
    if (name === undefined || value === undefined) continue
    const key = name.toLowerCase()
    const before = fields.get(key)
    if (before) before.push(fromBytes(value))
    else fields.set(key, [fromBytes(value)])
  }
  return fields.size > 0 ? fields : undefined
}

function returnPathIn(fields: ReadonlyMap<string, readonly string[]>, shown: string): Address {
  const [stated] = fields.get('return-path') ?? []
  if (stated?.startsWith('<')) return bareAddress(stated)
  const [author] = addressesIn(fields, ['sender', 'from'], () => [])
  if (author) return author
  throw relayoutError('RELAYOUT_E_ENVELOPE', { file: shown, what: 'whom it is from', option: '--from' })
}

function recipientsIn(fields: ReadonlyMap<string, readonly string[]>, shown: string): Address[] {
  const found = addressesIn(fields, ['to', 'cc', 'bcc'], (field) => {
    // Without it the message would be tried for some of its recipients only.
    throw relayoutError('RELAYOUT_E_RECIPIENTS', { file: shown, field })
  })
  if (found.length > 0) return found
  throw relayoutError('RELAYOUT_E_ENVELOPE', { file: shown, what: 'whom it is for', option: '--to' })
}

/** `unreadable`: what stands for a field that is none of addresses. */
function addressesIn(
  fields: ReadonlyMap<string, readonly string[]>,
  names: readonly ('sender' | 'from' | 'to' | 'cc' | 'bcc')[],
  unreadable: (field: string) => Address[],
): Address[] {
  return names
    .flatMap((name) =>
      (fields.get(name) ?? []).flatMap(
        (value) => parsed(value) ?? unreadable(name.charAt(0).toUpperCase() + name.slice(1)),
      ),
    )
    .map(({ address }) => bareAddress(address))
}

/** Undefined where it cannot be read; an empty field has none. */
function parsed(value: string): Address[] | undefined {
  if (value === '') return []
  try {
    return parseHeader(value, { postel: true }).flatMap((entry: Address | Group) =>
      'addresses' in entry ? entry.addresses : [entry],
    )
  } catch {
    return undefined
  }
}

/** Where a message was taken out of a mailbox file, a line of its own stands before the header: `From joe Thu May 28 …`. */
function separatorLength(bytes: string): number {
  return bytes.startsWith('From ') ? bytes.indexOf('\n') + 1 : 0
}

/** In the queue each line ends with CR LF. */
async function sizeAsQueued(file: string, start: number): Promise<number> {
  let bytes = start
  let bare = 0
  let before = 0
  for await (const chunk of createReadStream(file, { start }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) {
      if ((at === 0 ? before : chunk[at - 1]) !== 0x0d) bare++
    }
    before = chunk.at(-1) ?? before
  }
  return bytes + bare
}
