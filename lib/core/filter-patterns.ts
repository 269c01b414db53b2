/**
 * The first form of filter rules: `From: <pattern>` for the return path, `<pattern>` for recipients, `!` before either
 * to negate it. A kind of rules that has no positive one lets all through that no negated one matches.
 */
import { addressPattern, type AddressPattern, type AddressTest, type ToUnicode } from './address-pattern.js'
import { AddressIndex } from './filter-index.js'
import type { MessageTest, RuleFault, RuleLine } from './filter.js'
import { nearMiss } from './near-miss.js'

interface PatternRule {
  readonly kind: 'sender' | 'recipient'
  readonly negated: boolean
  readonly pattern: AddressPattern
}

/** What is wrong with `text`, a rule without its `!` that is no `From:` rule either; undefined for nothing. */
function recipientFault(text: string, negated: boolean): string | undefined {
  const [, word] = /^([a-z]+)\s*:/i.exec(text) ?? []
  if (word !== undefined) {
    if (/^(attempt|skip)$/i.test(word)) return `there is no rule "${word}:" with a ! before it; negate its conditions`
    if (word.toLowerCase() === 'subject') return 'filters know no header; CheckFile of the script does'
    const near = nearMiss(word, negated ? ['From'] : ['From', 'Attempt', 'Skip'])
    const hint = near === undefined ? '' : ` (did you mean ${near}:?)`
    return `there is no rule "${word}:" here${hint}; a recipient rule is the pattern alone`
  }
  if (text === '<>') return '<> is the null return path; write From: <>'
  const [, bare] = /^(from|attempt|skip)\s/i.exec(text) ?? []
  if (bare !== undefined) return `the colon is missing; write ${bare}:`
  if (/^(all|none)$|^size\s*[<=>!]/i.test(text))
    return 'a condition stands behind Attempt: or Skip:; * is any recipient'
  return undefined
}

function parseRule(rule: RuleLine, toUnicode: ToUnicode): PatternRule | RuleFault {
  const negated = rule.text.startsWith('!')
  const text = negated ? rule.text.slice(1).trimStart() : rule.text
  const from = /^from\s*:(.*)$/i.exec(text)?.[1]
  const kind = from === undefined ? 'recipient' : 'sender'
  const fault = from === undefined ? recipientFault(text, negated) : undefined
  if (fault !== undefined) return { ...rule, why: fault }
  const pattern = addressPattern((from ?? text).trim(), kind, toUnicode)
  return 'why' in pattern ? { ...rule, why: pattern.why } : { kind, negated, pattern }
}

/** Whether any of the patterns matches. */
function anyOf(rules: readonly PatternRule[]): AddressTest {
  const index = new AddressIndex<AddressTest>()
  for (const { pattern } of rules) index.place(pattern).file(pattern.test)
  return (address) => {
    const holds = (test: AddressTest): boolean => test(address)
    return index.find(address).some(holds) || index.others.some(holds)
  }
}

function allows(rules: readonly PatternRule[]): AddressTest {
  const positive = rules.filter((rule) => !rule.negated)
  const isRefused = anyOf(rules.filter((rule) => rule.negated))
  const isNamed = positive.length === 0 ? () => true : anyOf(positive)
  return (address) => !isRefused(address) && isNamed(address)
}

export function compilePatternRules(lines: readonly RuleLine[], toUnicode: ToUnicode): MessageTest | RuleFault[] {
  const parsed = lines.map((line) => parseRule(line, toUnicode))
  const faults = parsed.filter((rule): rule is RuleFault => 'why' in rule)
  if (faults.length > 0) return faults
  const rules = parsed.filter((rule): rule is PatternRule => 'pattern' in rule)
  const ofRecipients = rules.filter((rule) => rule.kind === 'recipient')
  const allowsSender = allows(rules.filter((rule) => rule.kind === 'sender'))
  const allowsRecipient = ofRecipients.length === 0 || allows(ofRecipients)
  return (from) => allowsSender(from) && allowsRecipient
}
