/**
 * Patterns for addresses and domains (contract 2): `*` and `?` are wildcards, case does not matter, and a domain may be
 * written in its letters or its `xn--` form, on either side. Both sides are brought into one form first: Unicode NFC,
 * lower case, domain labels in their letters.
 */
import { patternFault } from './filter-faults.js'
import { wildcard, WILDCARDS } from './wildcard.js'

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

/** A wildcard pattern for one of the texts of an address. */
export interface TextPattern {
  readonly of: keyof PlainAddress
  readonly text: string
}

export interface AddressPattern {
  readonly test: AddressTest
  /** What `test` stands for: it holds where any of these matches. */
  readonly anyOf: readonly TextPattern[]
}

const NEEDS_UNICODE = /[^\0-\x7f]|xn--/

function plainLabel(label: string, toUnicode: ToUnicode): string {
  const needsUnicode = (label.startsWith('xn--') || /[^\0-\x7f]/.test(label)) && !WILDCARDS.test(label)
  return (needsUnicode && toUnicode(label)) || label
}

function plainDomain(lower: string, toUnicode: ToUnicode): string {
  if (!NEEDS_UNICODE.test(lower)) return lower
  return lower
    .split('.')
    .map((label) => plainLabel(label, toUnicode))
    .join('.')
}

/** `address` in the form that patterns are compared with. */
export function plainAddress(address: string, toUnicode: ToUnicode): PlainAddress {
  const lower = address.normalize('NFC').toLowerCase()
  const at = lower.lastIndexOf('@')
  if (at < 0) return { whole: lower, domain: '' }
  const written = lower.slice(at + 1)
  const domain = plainDomain(written, toUnicode)
  return { whole: domain === written ? lower : `${lower.slice(0, at)}@${domain}`, domain }
}

/** The texts of an address that the pattern may match, with their patterns. */
function textPatterns(lower: string, kind: PatternKind, toUnicode: ToUnicode): TextPattern[] {
  if (lower.includes('@')) return [{ of: 'whole', text: plainAddress(lower, toUnicode).whole }]
  const plain = plainDomain(lower, toUnicode)
  if (kind !== 'sender') return [{ of: 'domain', text: plain }]
  const whole = { of: 'whole', text: lower } as const
  // A return path always has its `@`: without one and without wildcards, only a domain can be meant.
  if (!WILDCARDS.test(lower)) return [whole, { of: 'domain', text: plain }]
  return plain === lower ? [whole] : [whole, { of: 'whole', text: plain }]
}

function testOf({ of, text }: TextPattern): AddressTest {
  const matches = wildcard(text)
  return (address) => matches(address[of])
}

/** The pattern, or what is wrong with it. Angle brackets around it do not count. */
export function addressPattern(
  written: string,
  kind: PatternKind,
  toUnicode: ToUnicode,
): AddressPattern | { readonly why: string } {
  const inner = /^<(.*)>$/.exec(written)?.[1]
  const isNull = kind === 'sender' && inner === ''
  const text = (inner ?? written).trim()
  const why = isNull ? undefined : patternFault(text, kind)
  if (why !== undefined) return { why }

  const lower = text.normalize('NFC').toLowerCase()
  const anyOf: TextPattern[] = isNull ? [{ of: 'whole', text: '' }] : textPatterns(lower, kind, toUnicode)
  const tests = anyOf.map(testOf)
  const [only] = tests
  return { test: only && tests.length === 1 ? only : (address) => tests.some((test) => test(address)), anyOf }
}
