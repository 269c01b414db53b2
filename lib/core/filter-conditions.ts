/**
 * The conditions of `Attempt:` and `Skip:` lines: `All`, `None`, `From:<pattern>`, `To:<pattern>`, `Domain:<pattern>`,
 * `Size<op><bytes>[k|m]` (k = 1024), side by side, separated by spaces. `!` before one negates it.
 */
import {
  addressPattern,
  type AddressPattern,
  type PatternKind,
  type PlainAddress,
  type ToUnicode,
} from './address-pattern.js'
import { oneLine } from './log-line.js'

/** A message as one of its recipients has it. */
export interface Share {
  readonly from: PlainAddress
  readonly to: PlainAddress
  readonly size: number
}

export type ShareTest = (share: Share) => boolean

export type Side = 'from' | 'to'

export interface Condition {
  readonly test: ShareTest
  /** Where the condition is that a pattern matches. */
  readonly pattern?: { readonly side: Side; readonly pattern: AddressPattern }
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<>': (a, b) => a !== b,
  '>=': (a, b) => a >= b,
  '>': (a, b) => a > b,
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 }

const PATTERN_OF: Readonly<Record<string, readonly [Side, PatternKind]>> = {
  from: ['from', 'sender'],
  to: ['to', 'recipient'],
  domain: ['to', 'domain'],
}

// One condition at the start of the text; spaces may stand around `:` and the comparison.
const SIZE = /^size\s*(<=|==|=|!=|<>|<|>=|>)\s*(\d{1,15})\s?([km]?)(?:b|bytes)?(?=\s|$)/i
const PATTERN = /^(from|to|domain)\s*:\s*(<[^>]*>|"[^"]*"\S*|\S*)/i
const WORD = /^(all|none)(?=\s|$)/i

/** What is wrong with the text, which begins with no condition. */
function conditionFault(text: string): string {
  const word = oneLine(/^\S*/.exec(text)?.[0] ?? '', 60)
  if (word === '') return 'no condition stands behind the !'
  if (/^(?:and|or|&+|\|+|[,;])$/i.test(word))
    return 'conditions stand side by side; what may hold instead is a line more'
  if (/^size/i.test(word)) return `"${word}" is no condition; write a size as Size>10k, Size<=2m or Size<500`
  return `"${word}" is no condition; there are All, None, From:, To:, Domain: and Size`
}

/** Reads one condition off the start of `text`; `length` is what it took. */
function readCondition(
  text: string,
  toUnicode: ToUnicode,
): { readonly condition: Condition; readonly length: number } | { readonly why: string } {
  const word = WORD.exec(text)
  if (word) {
    const holds = word[0].toLowerCase() === 'all'
    return { condition: { test: () => holds }, length: word[0].length }
  }
  const size = SIZE.exec(text)
  if (size) {
    const compare = COMPARISONS[size[1] ?? '']
    const bytes = Number(size[2]) * (UNITS[size[3]?.toLowerCase() ?? ''] ?? 1)
    return { condition: { test: (share) => compare?.(share.size, bytes) ?? false }, length: size[0].length }
  }
  const named = PATTERN.exec(text)
  const entry = PATTERN_OF[named?.[1]?.toLowerCase() ?? '']
  if (!named || !entry) return { why: conditionFault(text) }
  const [side, kind] = entry
  const pattern = addressPattern(named[2] ?? '', kind, toUnicode)
  if ('why' in pattern) return pattern
  const test: ShareTest = (share) => pattern.test(share[side])
  return { condition: { test, pattern: { side, pattern } }, length: named[0].length }
}

/** The conditions of a line, or what is wrong with the first that is none. */
export function parseConditions(text: string, toUnicode: ToUnicode): Condition[] | { readonly why: string } {
  if (text === '') return { why: 'the conditions are missing; All always holds' }
  const conditions: Condition[] = []
  for (let rest = text; rest !== '';) {
    const negated = rest.startsWith('!')
    if (negated) rest = rest.slice(1).trimStart()
    const read = readCondition(rest, toUnicode)
    if ('why' in read) return read
    const { condition, length } = read
    conditions.push(negated ? { test: (share) => !condition.test(share) } : condition)
    rest = rest.slice(length).trimStart()
  }
  return conditions
}
