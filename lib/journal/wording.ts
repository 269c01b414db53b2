/**
 * How texts and addresses stand in the journal: bounded, and with `journal_addresses = hashed` without the local part
 * of any address.
 *
 * An address becomes `~HASH@domain`: the first 64 bits of an HMAC-SHA256 over the address in lower case, under a random
 * key. The same address always gets the same hash, so records can be matched; without the key it cannot be found by
 * trying addresses. In texts everything of the form `local@domain` counts, also what is no address, as a Message-Id, and
 * also where the at sign is encoded: in URLs (%40, as in the links of SPF refusals), xtext (+40), quoted-printable (=40)
 * and encoded words. A local part without its domain is not recognised.
 *
 * Where it is not clear how far an address goes, too much is hashed and not too little. All of it takes linear time.
 */
import { createHmac } from 'node:crypto'

import { fromBytes } from '../core/byte-string.js'

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
    text: (text, most) => {
      if (!MAY_HAVE_ADDRESS.test(text)) return bounded(text, most)
      // Hashed before it is cut: of an address that is cut off before its at sign nobody would know.
      return bounded(withHashes(withoutLastWord(text, MOST_HASHED), hash), most)
    },
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

/** Characters of a text that are looked at; at most a header's line may have so many. */
const MOST_HASHED = 64 * 1024

/** What lies beyond `most` is dropped, and the word that it cuts. */
function withoutLastWord(text: string, most: number): string {
  if (text.length <= most) return text
  let end = most
  while (end > 0 && !ends(WORD_END, text, end - 1)) end--
  return `${text.slice(0, end)}…`
}

const MAY_HAVE_ADDRESS = /[@\uff20\ufe6b]|(?:%(?:25)*|[=+])40|=\?/

/** An at sign, in a sticky look; an encoded one only before what looks like a domain. */
const ENCODED_AT = /(?:%(?:25)*|[=+])40(?=[\w-]+\.)/y

/** RFC 2047: encoded words with nothing but blanks between them are one text. */
const ENCODED_WORD = String.raw`=\?[^\s?]{1,60}\?[bq]\?[^\s?]*\?=`
const ENCODED_WORDS = new RegExp(String.raw`${ENCODED_WORD}(?:\s+${ENCODED_WORD})*`, 'gi')

/** Behind a domain there may be a dot, and a domain literal has colons. */
const DOMAIN = /\[[\da-z.:]{1,60}\]|(?:[\w-]|[^\x00-\x7f])+(?:\.(?:[\w-]|[^\x00-\x7f])+)*/iy // eslint-disable-line no-control-regex

/** ASCII alone: among 8-bit bytes there are some that JavaScript takes for blanks. */
const WORD_END = ' \t\r\n\v\f<>()[]",;:'

/** How far an angle bracket or a comment reaches, with blanks in it. */
const FAR = 320

function ends(set: string, text: string, at: number): boolean {
  return set.includes(text.charAt(at))
}

/** From left to right, once. */
function withHashes(text: string, hash: (address: string) => string): string {
  const plain = text.includes('=?') ? text.replace(ENCODED_WORDS, (words) => encodedWithHashes(words, hash)) : text
  const seen = new Seen(plain)
  let done = ''
  let from = 0
  for (let at = 0; at < plain.length;) {
    const length = atSignAt(plain, at)
    const start = length > 0 ? seen.startOfLocalPart(at, plain.charAt(at + length)) : at
    if (start === at) {
      seen.pass(at)
      at++
      continue
    }
    DOMAIN.lastIndex = at + length
    const domain = DOMAIN.exec(plain)?.[0] ?? ''
    const address = `${unfolded(plain.slice(start, at))}@${domain}`
    const hashed = hash(length === 1 ? address : decoded(address))
    done += plain.slice(from, start) + (length === 1 ? hashed : hashed.replace('@', plain.slice(at, at + length)))
    at = from = at + length + domain.length
    seen.forget(from)
  }
  return done + plain.slice(from)
}

/** How many characters the at sign has that stands there; 0: there is none. */
function atSignAt(text: string, at: number): number {
  switch (text.charAt(at)) {
    case '@':
    case '\uff20':
    case '\ufe6b':
      return 1
    case '%':
    case '=':
    case '+':
      ENCODED_AT.lastIndex = at
      return ENCODED_AT.exec(text)?.[0].length ?? 0
    default:
      return 0
  }
}

/** What lies before a place in a text that matters for where a local part begins. */
class Seen {
  readonly #text: string
  /** Nothing before it belongs to an address. */
  #from = 0
  #word = 0
  /** Behind an angle bracket that is open. */
  #angle: number | undefined
  /** The last two quotation marks that are not escaped. */
  #quotes: [number | undefined, number | undefined] = [undefined, undefined]
  #escaped = false
  /** Where the outermost comment begins, and how deep this place is in it. */
  #comment: number | undefined
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  pass(at: number): void {
    const character = this.#text.charAt(at)
    if (WORD_END.includes(character) && !(this.#escaped && character !== '"')) this.#word = at + 1
    if (character === '<') this.#angle = at + 1
    else if (character === '>') this.#angle = undefined
    else if (character === '"' && !this.#escaped) this.#quotes = [this.#quotes[1], at]
    else if (character === '(' && this.#depth++ === 0) this.#comment = at
    else if (character === ')' && this.#depth > 0) this.#depth--
    this.#escaped = character === '\\' && !this.#escaped
  }

  /** An address ends there. */
  forget(from: number): void {
    this.#from = this.#word = from
    this.#angle = this.#comment = undefined
    this.#quotes = [undefined, undefined]
    this.#depth = 0
    this.#escaped = false
  }

  /** `at` where there is none; `next`: what follows the at sign. */
  startOfLocalPart(at: number, next: string): number {
    const [opening, closing] = this.#quotes
    const quoted = closing === at - 1 ? opening : undefined
    const word = this.#word < at ? this.#word : this.#wordBeforeBlanks(at, next)
    const angle = this.#angle !== undefined && at - this.#angle <= FAR ? this.#angle : undefined
    const start = Math.min(quoted ?? at, word, angle ?? at)
    return start < at ? this.#beforeFolds(start) : at
  }

  /** `joe (a comment) @example.com`, and with a line break there. */
  #wordBeforeBlanks(at: number, next: string): number {
    const text = this.#text
    if (/[\s"]/.test(next) || next === '') return at
    let end = at
    const back = (blanks = ' \t\r\n'): void => {
      while (end > this.#from && ends(blanks, text, end - 1)) end--
    }
    back(' \t\r\n"')
    const comment = this.#comment
    if (text.charAt(end - 1) === ')' && this.#depth === 0 && comment !== undefined && end - comment <= FAR) {
      const begin = (end = Math.max(this.#from, comment))
      back()
      return this.#wordUpTo(end, begin)
    }
    return end < at ? this.#wordUpTo(end, at) : at
  }

  #wordUpTo(end: number, otherwise: number): number {
    let start = end
    while (start > this.#from && !ends(WORD_END, this.#text, start - 1)) start--
    return start < end ? start : otherwise
  }

  /** A word that goes on behind the line break of a folded header. */
  #beforeFolds(start: number): number {
    const text = this.#text
    for (let at = start; ;) {
      let end = at
      while (end > this.#from && ends(' \t', text, end - 1)) end--
      if (end === at || text.charAt(end - 1) !== '\n') return at
      end -= text.charAt(end - 2) === '\r' ? 2 : 1
      const before = this.#wordUpTo(end, -1)
      if (before < this.#from) return at
      at = before
    }
  }
}

function unfolded(text: string): string {
  return text.replace(/\r?\n[ \t]+/g, '')
}

/** As far as it can be: the hash is then that of the address. */
function decoded(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

/** As they are, unless there is an address in what they spell. */
function encodedWithHashes(words: string, hash: (address: string) => string): string {
  let bytes = ''
  for (const [, q = '', text = ''] of words.matchAll(/=\?[^\s?]+\?([bq])\?([^\s?]*)\?=/gi)) {
    if (q.toLowerCase() === 'b') bytes += Buffer.from(text, 'base64').toString('latin1')
    else {
      const spaced = text.replaceAll('_', ' ')
      bytes += spaced.replace(/=([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    }
  }
  const spelt = fromBytes(bytes)
  // Encoded twice is not looked into.
  const hashed = spelt.includes('=?') || !MAY_HAVE_ADDRESS.test(spelt) ? spelt : withHashes(spelt, hash)
  return hashed === spelt ? words : `=?utf-8?b?${Buffer.from(hashed).toString('base64')}?=`
}
