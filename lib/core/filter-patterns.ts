/**
 * The first form of filter rules: `From: <pattern>` for the return path, `<pattern>` for recipients, `!` before either
 * to negate it. A kind of rules that has no positive one lets all through that no negated one matches.
 */
import { addressPattern, type AddressTest, type PlainAddress, type ToUnicode } from './address-pattern.js'
import type { RuleFault, RuleLine, ShareTest } from './filter.js'

interface PatternRule {
  readonly kind: 'sender' | 'recipient'
  readonly negated: boolean
  readonly test: AddressTest
}

function parseRule(rule: RuleLine, toUnicode: ToUnicode): PatternRule | RuleFault {
  const negated = rule.text.startsWith('!')
  const text = negated ? rule.text.slice(1).trimStart() : rule.text
  const from = /^from\s*:(.*)$/i.exec(text)?.[1]
  const kind = from === undefined ? 'recipient' : 'sender'
  const word = /^([a-z]+)\s*:/i.exec(text)?.[1]
  if (from === undefined && word !== undefined) {
    return { ...rule, why: `there is no rule "${word}:" here; a recipient rule is the pattern alone` }
  }
  const pattern = addressPattern((from ?? text).trim(), kind, toUnicode)
  return 'why' in pattern ? { ...rule, why: pattern.why } : { kind, negated, test: pattern.test }
}

function allows(rules: readonly PatternRule[]): AddressTest {
  const negated = rules.filter((rule) => rule.negated)
  const positive = rules.filter((rule) => !rule.negated)
  return (address: PlainAddress) =>
    !negated.some((rule) => rule.test(address)) &&
    (positive.length === 0 || positive.some((rule) => rule.test(address)))
}

export function compilePatternRules(lines: readonly RuleLine[], toUnicode: ToUnicode): ShareTest | RuleFault[] {
  const parsed = lines.map((line) => parseRule(line, toUnicode))
  const faults = parsed.filter((rule): rule is RuleFault => 'why' in rule)
  if (faults.length > 0) return faults
  const rules = parsed.filter((rule): rule is PatternRule => 'test' in rule)
  const allowsSender = allows(rules.filter((rule) => rule.kind === 'sender'))
  const allowsRecipient = allows(rules.filter((rule) => rule.kind === 'recipient'))
  return ({ from, to }) => allowsSender(from) && allowsRecipient(to)
}
