/**
 * Return paths with a tag (BATV: draft-levine-smtp-batv, contract 7): `prvs=KDDDSSSSSS=local@domain`. A bounce to an
 * address without a valid tag answers no message that was sent from here.
 *
 * All addresses are byte strings (core/byte-string.ts): bare, without angle brackets, a quoted local part with its
 * quotes. Nothing here throws.
 */
import { timingSafeEqual } from 'node:crypto'

import type { BatvKey } from '../core/settings/settings.js'
import { domainForms } from './domain-forms.js'
import { splitMailbox } from './mailbox.js'
import { daysLeft, TAG_LENGTH, tagDigits, tagHash } from './tag.js'

export { expiryDay } from './tag.js'

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL_PART = 64

/** RFC 5321 section 4.5.3.1.3 gives a path 256 octets, two of which are the angle brackets. */
export const MAX_ADDRESS = 254

const ANY_PRVS = /^"?prvs=/i

/**
 * The form of a tag; what is left when it is taken off stands in 1 and 5. Anything else that begins with `prvs=` is
 * no tag, such as `prvs=local/KDDDSSSSSS`, the order of the draft's first versions: nobody could say whether it is one.
 */
const TAGGED = /^("?)prvs=(\d)(\d{3})([\da-f]{6})=(.+)$/is

export type TagVerdict =
  | { readonly kind: 'untagged' }
  | {
      /** `expired`: made with one of the keys, but too long ago; `forged`: with none of those of its digit. */
      readonly kind: 'valid' | 'expired' | 'forged' | 'unknown key'
      /** The address without the tag, whoever made it. */
      readonly plain: string
    }

/**
 * The address with a tag that expires after `day` (see `expiryDay`). Undefined where it must stay plain: the null
 * sender, an address without a domain, one that is tagged already, and one that a tag would make longer than RFC 5321
 * allows. A quoted local part gets its tag inside the quotes: outside of them there may be none. The hash is in lower
 * case: Exim reads no other.
 */
export function signReturnPath(address: string, key: BatvKey, day: number): string | undefined {
  const mailbox = splitMailbox(address)
  if (!mailbox || ANY_PRVS.test(address)) return undefined
  if (mailbox.localPart.length + TAG_LENGTH > MAX_LOCAL_PART || address.length + TAG_LENGTH > MAX_ADDRESS) {
    return undefined
  }
  const digits = tagDigits(key, day)
  const tag = `prvs=${digits}${tagHash(digits, address, key).toString('hex')}=`
  return address.startsWith('"') ? `"${tag}${address.slice(1)}` : `${tag}${address}`
}

/**
 * Whether the address has a tag, and whose. A tag is valid from `lifetimeDays` before its day until the end of it, and
 * one day earlier: the clock of whoever made it may be ahead, and past midnight. The case of the tag does not matter, nor
 * in which form relays have put the domain; that of the local part does. Other signers' `prvs=…="quoted"@domain` is
 * understood as well.
 */
export function verifyReturnPath(
  address: string,
  keys: readonly BatvKey[],
  nowMs: number,
  lifetimeDays: number,
): TagVerdict {
  const [, quote = '', keyDigit = '', day = '', hash = '', rest = ''] = TAGGED.exec(address) ?? []
  const plain = `${quote}${rest}`
  const mailbox = splitMailbox(plain)
  if (!mailbox) return { kind: 'untagged' }

  // Several secrets may share a digit while one takes over from the other.
  const candidates = keys.filter(({ key }) => String(key) === keyDigit)
  if (candidates.length === 0) return { kind: 'unknown key', plain }
  const given = Buffer.from(hash, 'hex')
  const isMade = domainForms(mailbox.domain).some((domain) => {
    const signed = `${mailbox.localPart}@${domain}`
    return candidates.some((key) => timingSafeEqual(given, tagHash(`${keyDigit}${day}`, signed, key)))
  })
  if (!isMade) return { kind: 'forged', plain }
  return { kind: daysLeft(Number(day), nowMs) <= lifetimeDays + 1 ? 'valid' : 'expired', plain }
}
