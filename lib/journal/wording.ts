/**
 * How texts and addresses stand in the journal: bounded, and with `journal_addresses = hashed` without the local part
 * of any address.
 *
 * An address becomes `~HASH@domain`: the first 64 bits of an HMAC-SHA256 over the address in lower case, under a random
 * key. The same address always gets the same hash, so records can be matched; without the key it cannot be found by
 * trying addresses. In texts everything of the form `local@domain` counts, also what is no address, as a Message-Id. A
 * local part without its domain is not recognised.
 */
import { createHmac } from 'node:crypto'

export const MOST_TEXT = 2_000

export interface Wording {
  /** A text of at most `most` characters. */
  readonly text: (text: string, most?: number) => string
  /** A bare address; '' for the null sender. */
  readonly address: (address: string) => string
}

export const plainWording: Wording = { text: bounded, address: (address) => bounded(address) }

/** No more hashes than that are remembered. */
const REMEMBERED = 5_000

export function hashedWording(key: Buffer): Wording {
  const remembered = new Map<string, string>()
  const hash = (address: string): string => {
    let hashed = remembered.get(address)
    if (hashed === undefined) {
      if (remembered.size >= REMEMBERED) remembered.clear()
      remembered.set(address, (hashed = hashedAddress(key, address)))
    }
    return hashed
  }
  return {
    text: (text, most) => (text.includes('@') ? withHashes(bounded(text, most), hash) : bounded(text, most)),
    address: (address) => (address === '' ? '' : hash(bounded(address))),
  }
}

/** As it stands in a journal that was written with that key. */
export function hashedAddress(key: Buffer, address: string): string {
  const whole = address.toLowerCase().replace(/\.$/, '')
  const at = whole.lastIndexOf('@')
  const domain = at < 0 ? '' : whole.slice(at)
  return `~${createHmac('sha256', key).update(whole).digest('hex').slice(0, 16)}${domain}`
}

/** A text that is cut ends in `…`, and not within a word, which could be the half of an address. */
function bounded(text: string, most = MOST_TEXT): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most - 1)
  const word = /[^\s<>]{1,320}$/.exec(cut)
  const whole = word && word[0].length < 320 ? cut.slice(0, word.index) : cut
  return `${/[\ud800-\udbff]$/.test(whole) ? whole.slice(0, -1) : whole}…`
}

/** RFC 5321 4.5.3.1.1 has 64; forwarders and VERP make more. */
const LONGEST_LOCAL_PART = 320

const ENDS_WORD = /[\s<>()[\]",;:]/
const ENDS_DOMAIN = /[\s<>()",;:/\\'|{}]/

/** By hand: an expression for this is quadratic. */
function withHashes(text: string, hash: (address: string) => string): string {
  let done = ''
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', Math.max(at + 1, from))) {
    const start = startOfLocalPart(text, from, at)
    let end = at + 1
    while (end < text.length && text.charAt(end) !== '@' && !ENDS_DOMAIN.test(text.charAt(end))) end++
    while (text.charAt(end - 1) === '.') end--
    if (start === at) continue
    done += text.slice(from, start) + hash(text.slice(start, end))
    from = end
  }
  return done + text.slice(from)
}

/** All that stands within angle brackets, or a quoted string, or the word. */
function startOfLocalPart(text: string, from: number, at: number): number {
  const earliest = Math.max(from, at - LONGEST_LOCAL_PART)
  const quoted = text.charAt(at - 1) === '"'
  let word: number | undefined
  for (let i = at - 1; i >= earliest; i--) {
    const character = text.charAt(i)
    if (character === '<') return i + 1
    if (character === '>') break
    if (quoted && i < at - 1 && character === '"' && text.charAt(i - 1) !== '\\') return i
    if (!quoted && word === undefined && ENDS_WORD.test(character)) word = i + 1
  }
  return word ?? earliest
}
