/** Which message is meant: by its id, by its queue file, or by an address. */
import path from 'node:path'

import { itemKeyOf } from '../../../policy/queue-item.js'
import { parseQueueFileName } from '../../messages/queue-file.js'

export type Question =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'item'; readonly item: string }
  /** `forms`: as it may stand in the journal, in lower case. */
  | { readonly kind: 'address'; readonly address: string; readonly forms: ReadonlySet<string> }

/** As an item is called in the journal. */
const ITEM = /^\d+_[^_]+_[^_]+$/

/** `hashed`: how a journal with hashed addresses has one; undefined: its key is not there. */
export function question(words: string, hashed: ((address: string) => string) | undefined): Question {
  const name = path.basename(words)
  if (parseQueueFileName(name)) return { kind: 'item', item: itemKeyOf(name) }
  if (ITEM.test(name)) return { kind: 'item', item: name }
  const address = bare(words)
  if (words !== '' && address !== '' && !address.includes('@')) return { kind: 'id', id: words }
  // Nobody's address is never hashed.
  const forms = [address.toLowerCase(), ...(hashed && address !== '' ? [hashed(address)] : [])]
  return { kind: 'address', address, forms: new Set(forms) }
}

/** The id itself, or that of the transaction or the connection that it came in by. */
export function isOrBelongsTo(id: string, asked: string): boolean {
  const beginning = id.slice(0, asked.length)
  const same = beginning === asked || beginning.toUpperCase() === asked.toUpperCase()
  return same && (id.length === asked.length || id.charAt(asked.length) === '.')
}

function bare(words: string): string {
  return words.trim().replace(/^<(.*)>$/s, '$1')
}
