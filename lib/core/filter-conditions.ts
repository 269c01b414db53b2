/**
 * The newer form of filter rules: `Attempt: <conditions>` and `Skip: <conditions>`. The first line whose conditions all
 * hold decides; none: attempt, if there is no `Attempt:` line at all, else skip.
 *
 * Conditions stand side by side, separated by spaces: `All`, `None`, `From:<pattern>`, `To:<pattern>`,
 * `Domain:<pattern>`, `Size<op><bytes>[k|m]` (k = 1024). `!` before one negates it.
 */
import { addressPattern, type AddressTest, type PatternKind, type ToUnicode } from './address-pattern.js'
import type { RuleFault, RuleLine, Share, ShareTest } from './filter.js'

interface ConditionRule {
  readonly attempt: boolean
  readonly test: ShareTest
}

type Condition = { readonly test: ShareTest } | { readonly why: string }

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

const PATTERN_OF: Readonly<Record<string, [PatternKind, (share: Share, test: AddressTest) => boolean]>> = {
  from: ['sender', (share, test) => test(share.from)],
  to: ['recipient', (share, test) => test(share.to)],
  domain: ['domain', (share, test) => test(share.to)],
}

// One condition at the start of the text; spaces may stand around `:` and the comparison.
const SIZE = /^size\s*(<=|==|=|!=|<>|<|>=|>)\s*(\d{1,15})\s?([km]?)(?:b|bytes)?(?=\s|$)/i
const PATTERN = /^(from|to|domain)\s*:\s*(<[^>]*>|"[^"]*"\S*|\S*)/i
const WORD = /^(all|none)(?=\s|$)/i

/** Reads one condition off the start of `text`; `length` is what it took. */
function readCondition(text: string, toUnicode: ToUnicode): { condition: Condition; length: number } {
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
  if (named && entry) {
    const [kind, apply] = entry
    const pattern = addressPattern(named[2] ?? '', kind, toUnicode)
    const condition = 'why' in pattern ? pattern : { test: (share: Share) => apply(share, pattern.test) }
    return { condition, length: named[0].length }
  }
  const shown = /^\S*/.exec(text)?.[0] ?? ''
  const why = `"${shown}" is no condition; there are All, None, From:, To:, Domain: and Size`
  return { condition: { why }, length: text.length }
}

function parseRule(rule: RuleLine, toUnicode: ToUnicode): ConditionRule | RuleFault {
  const [head = '', word = ''] = /^(attempt|skip)\s*:\s*/i.exec(rule.text) ?? []
  let rest = rule.text.slice(head.length)
  if (rest === '') return { ...rule, why: 'the conditions are missing; All always holds' }
  const tests: ShareTest[] = []
  while (rest !== '') {
    const negated = rest.startsWith('!')
    if (negated) rest = rest.slice(1).trimStart()
    const { condition, length } = readCondition(rest, toUnicode)
    if ('why' in condition) return { ...rule, why: condition.why }
    tests.push(negated ? (share) => !condition.test(share) : condition.test)
    rest = rest.slice(length).trimStart()
  }
  return { attempt: word.toLowerCase() === 'attempt', test: (share) => tests.every((test) => test(share)) }
}

export function compileConditionRules(lines: readonly RuleLine[], toUnicode: ToUnicode): ShareTest | RuleFault[] {
  const parsed = lines.map((line) => parseRule(line, toUnicode))
  const faults = parsed.filter((rule): rule is RuleFault => 'why' in rule)
  if (faults.length > 0) return faults
  const rules = parsed.filter((rule): rule is ConditionRule => 'test' in rule)
  const otherwise = !rules.some((rule) => rule.attempt)
  return (share) => rules.find((rule) => rule.test(share))?.attempt ?? otherwise
}
