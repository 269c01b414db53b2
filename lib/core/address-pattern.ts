/**
 * Patterns for addresses and domains (contract 2): `*` and `?` are wildcards, case does not matter, and a domain may be
 * written in its letters or its `xn--` form, on either side. Both sides are brought into one form first: Unicode NFC,
 * lower case, domain labels in their letters.
 */
import { wildcard } from './wildcard.js'

/** A domain label's Unicode form, '' where it has none. */
export type ToUnicode = (label: string) => string

/** An address in the form that patterns are compared with; the null return path is '' in both. */
export interface PlainAddress {
  readonly whole: string
  readonly domain: string
}

export type AddressTest = (address: PlainAddress) => boolean

/** What a pattern is compared with: a return path, a recipient, or only the recipient's domain. */
export type PatternKind = 'sender' | 'recipient' | 'domain'

const MAX_PATTERN_LENGTH = 500
const WILDCARDS = /[*?]/

function plainLabel(label: string, toUnicode: ToUnicode): string {
  const needsUnicode = (label.startsWith('xn--') || /[^\0-\x7f]/.test(label)) && !WILDCARDS.test(label)
  return (needsUnicode && toUnicode(label)) || label
}

/** `address` in the form that patterns are compared with. */
export function plainAddress(address: string, toUnicode: ToUnicode): PlainAddress {
  const lower = address.normalize('NFC').toLowerCase()
  const at = lower.lastIndexOf('@')
  if (at < 0) return { whole: lower, domain: '' }
  const domain = plainDomain(lower.slice(at + 1), toUnicode)
  return { whole: `${lower.slice(0, at)}@${domain}`, domain }
}

function plainDomain(lower: string, toUnicode: ToUnicode): string {
  return lower
    .split('.')
    .map((label) => plainLabel(label, toUnicode))
    .join('.')
}

/** What is wrong with the text of a pattern; undefined for nothing. */
function patternFault(text: string, kind: PatternKind): string | undefined {
  if (text === '') return 'the pattern is missing'
  if (text.length > MAX_PATTERN_LENGTH) return `the pattern has more than ${MAX_PATTERN_LENGTH} characters`
  if (!text.includes('"')) {
    if (/[\s,;]/.test(text)) return 'there is more than one pattern; write one rule a line'
    if (/[<>]/.test(text)) return 'an angle bracket is out of place'
  }
  if (kind === 'domain' && text.includes('@')) return 'a domain has no @'
  if (text.startsWith('@')) return `nothing stands before the @; write *${text}`
  if (text.endsWith('@')) return 'the domain after the @ is missing'
  const labels = text.slice(text.lastIndexOf('@') + 1).split('.')
  const mixed = labels.some((label) => /^xn--/i.test(label) && WILDCARDS.test(label))
  return mixed ? 'a wildcard cannot stand in an xn-- label; write the letters' : undefined
}

/** The test that a pattern stands for, or why it is none. Angle brackets around it do not count. */
export function addressPattern(
  written: string,
  kind: PatternKind,
  toUnicode: ToUnicode,
): { readonly test: AddressTest } | { readonly why: string } {
  const inner = /^<(.*)>$/.exec(written)?.[1]
  if (kind === 'sender' && inner === '') return { test: ({ whole }) => whole === '' }
  const text = (inner ?? written).trim()
  const why = patternFault(text, kind)
  if (why !== undefined) return { why }

  const lower = text.normalize('NFC').toLowerCase()
  if (lower.includes('@')) {
    const matches = wildcard(plainAddress(lower, toUnicode).whole)
    return { test: ({ whole }) => matches(whole) }
  }
  const matchesDomain = wildcard(plainDomain(lower, toUnicode))
  if (kind !== 'sender') return { test: ({ domain }) => matchesDomain(domain) }
  // A return path always has its `@`: without one and without wildcards, only a domain can be meant.
  const matchesWhole = wildcard(lower)
  if (WILDCARDS.test(lower)) return { test: ({ whole }) => matchesWhole(whole) }
  return { test: ({ whole, domain }) => matchesWhole(whole) || matchesDomain(domain) }
}
