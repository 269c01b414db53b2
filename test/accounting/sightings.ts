/**
 * Where mail is seen after a run: at the relay servers, as a DSN to its sender, in Haraka's queue.
 */
import type { QueuedItem } from '../support/haraka-instance.js'
import type { RelayMessage, ScriptedRelay } from '../support/scripted-relay.js'
import { type Identified, identify } from './identity.js'
import type { Ledger } from './ledger.js'

/** What of the ledger is needed here. */
export type Sees = Pick<Ledger, 'sees' | 'sightings'>

interface Content {
  readonly identity: Identified
  /** Those whom a DSN names. */
  readonly bounced: readonly string[]
}

/** Accounts are made again and again until everything has come to rest. */
const known = new WeakMap<RelayMessage, Content>()

/** For a relay server that keeps nothing of what it gets: on arrival. */
export function noteContent(message: RelayMessage): Content {
  const content = contentOf(message.data.toString('latin1'))
  known.set(message, content)
  return content
}

/** What the relay server has accepted. */
export function seeDelivered(ledger: Sees, relay: ScriptedRelay): void {
  for (const message of relay.messages) {
    const { identity } = known.get(message) ?? noteContent(message)
    const where = at(relay, message)
    for (const recipient of message.rcptTo)
      ledger.sees({ recipient, ...identity, fate: 'delivered', where, doubt: doubt(message) })
  }
}

/** Which bounces had to be sent again although the relay server's acknowledgement was read. */
export interface BounceDoubts {
  /** Of the recipient's n-th bounce, from 0; undefined: the item was done with. */
  doubt(recipient: string, nth: number): string | undefined
}

/** What a relay server for DSNs has accepted: all recipients that each of them names. */
export function seeBounced(ledger: Sees, relay: ScriptedRelay, doubts?: BounceDoubts): void {
  for (const message of relay.messages)
    seeDsn(ledger, known.get(message) ?? noteContent(message), at(relay, message), doubt(message), doubts)
}

/** What is in the queue, as it will go over the wire; a DSN there means that its recipients have bounced. */
export function seeQueued(ledger: Sees, items: readonly QueuedItem[]): void {
  for (const { name, mail_from, rcpt_to, text } of items) {
    const where = `queue file ${name}`
    if (mail_from.original === '<>') seeDsn(ledger, contentOf(text), where)
    else {
      const identity = identify(text.replaceAll(/^\.\./gm, '.'))
      for (const { original } of rcpt_to)
        ledger.sees({ recipient: original.slice(1, -1), ...identity, fate: 'queued', where })
    }
  }
}

function seeDsn(ledger: Sees, content: Content, where: string, doubt?: string, doubts?: BounceDoubts): void {
  const { message } = content.identity
  for (const recipient of content.bounced) {
    const nth = ledger.sightings(recipient).length
    const why = doubt ?? doubts?.doubt(recipient, nth)
    ledger.sees({ recipient, message, fate: 'bounced', where, doubt: why })
  }
}

/** Those that a DSN names. */
export function bouncedRecipients(text: string): string[] {
  return Array.from(text.matchAll(/^Final-Recipient: rfc822;(.*?)\r?$/gm), ([, recipient = '']) => recipient)
}

function contentOf(text: string): Content {
  return { identity: identify(text), bounced: bouncedRecipients(text) }
}

function at({ port }: ScriptedRelay, { connection }: RelayMessage): string {
  return `connection ${connection.id} to ${port}`
}

/** Who goes on after the 250 has read it; who does not may have been stopped before that. */
function doubt({ connection, commandsBefore }: RelayMessage): string | undefined {
  if (connection.open || connection.commands.length > commandsBefore) return undefined
  return `its 250 was the last word on the connection, which was ended by ${connection.ended}`
}
