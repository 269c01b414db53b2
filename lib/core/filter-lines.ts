/**
 * The newer form of filter rules: `Attempt: <conditions>` and `Skip: <conditions>`. The first line whose conditions all
 * hold decides; none: attempt, if there is no `Attempt:` line at all, else skip.
 */
import type { PlainAddress, ToUnicode } from './address-pattern.js'
import { type Condition, parseConditions, type Share } from './filter-conditions.js'
import { AddressIndex, leastCrowded, type Place, unfiled } from './filter-index.js'
import type { MessageTest, RuleFault, RuleLine } from './filter.js'

interface LineRule {
  readonly line: number
  readonly attempt: boolean
  readonly conditions: readonly Condition[]
}

function parseRule(rule: RuleLine, toUnicode: ToUnicode): LineRule | RuleFault {
  const [head = '', word = ''] = /^(attempt|skip)\s*:\s*/i.exec(rule.text) ?? []
  const conditions = parseConditions(rule.text.slice(head.length), toUnicode)
  if ('why' in conditions) return { ...rule, why: conditions.why }
  return { line: rule.line, attempt: word.toLowerCase() === 'attempt', conditions }
}

function holds({ conditions }: LineRule, share: Share): boolean {
  for (const { test } of conditions) if (!test(share)) return false
  return true
}

/** Finds the first rule whose conditions all hold. A rule is filed under one of its patterns, which it needs to match. */
class RuleIndex {
  readonly #by = { from: new AddressIndex<LineRule>(), to: new AddressIndex<LineRule>() }
  /** Rules without a pattern to be filed under, in order. */
  readonly #others: LineRule[] = []

  constructor(rules: readonly LineRule[]) {
    for (const rule of rules) leastCrowded(this.#places(rule), unfiled(this.#others)).file(rule)
  }

  #places({ conditions }: LineRule): Place<LineRule>[] {
    return conditions.flatMap(({ pattern }) => (pattern ? [this.#by[pattern.side].place(pattern.pattern)] : []))
  }

  /** The candidates of a return path, to be given to `first` for each recipient. */
  ofSender(from: PlainAddress): readonly LineRule[] {
    return this.#by.from.find(from)
  }

  first(share: Share, ofSender: readonly LineRule[]): LineRule | undefined {
    let first: LineRule | undefined
    const isEarlier = (rule: LineRule): boolean => first === undefined || rule.line < first.line
    for (const candidates of [ofSender, this.#by.to.find(share.to)]) {
      for (const rule of candidates) if (isEarlier(rule) && holds(rule, share)) first = rule
    }
    for (const rule of this.#others) {
      if (!isEarlier(rule)) break
      if (holds(rule, share)) return rule
    }
    return first
  }
}

export function compileLines(lines: readonly RuleLine[], toUnicode: ToUnicode): MessageTest | RuleFault[] {
  const parsed = lines.map((line) => parseRule(line, toUnicode))
  const faults = parsed.filter((rule): rule is RuleFault => 'why' in rule)
  if (faults.length > 0) return faults
  const rules = parsed.filter((rule): rule is LineRule => 'conditions' in rule)
  const otherwise = !rules.some((rule) => rule.attempt)
  const index = new RuleIndex(rules)
  return (from, size) => {
    const ofSender = index.ofSender(from)
    return (to) => index.first({ from, to, size }, ofSender)?.attempt ?? otherwise
  }
}
