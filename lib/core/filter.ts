/**
 * The sender filter (contract 2): which messages a sender is for.
 *
 * Rules are compiled once. Both forms come down to one question per recipient, and the message is for the sender when
 * the answer is yes for each of them: with positive recipient rules each recipient must match any of them, and one
 * recipient that matches a negated rule, or for which a `Skip:` line decides, keeps the whole message away.
 */
import { plainAddress, type PlainAddress, type ToUnicode } from './address-pattern.js'
import { compileConditionRules } from './filter-conditions.js'
import { compilePatternRules } from './filter-patterns.js'
import { sentence } from './errors.js'

export interface Envelope {
  /** Return path, bare; '' for the null sender. */
  readonly from: string
  readonly recipients: readonly string[]
  /** Bytes of the message. */
  readonly size: number
}

export interface SenderFilter {
  matches(envelope: Envelope): boolean
}

/** Sentences that name the sender, the rule's number and what is wrong with it. */
export interface FilterErrors {
  readonly errors: readonly string[]
}

/** One recipient's share of a message. */
export interface Share {
  readonly from: PlainAddress
  readonly to: PlainAddress
  readonly size: number
}

export type ShareTest = (share: Share) => boolean

/** A rule as written, with its number from 1 on. */
export interface RuleLine {
  readonly line: number
  readonly text: string
}

export interface RuleFault extends RuleLine {
  readonly why: string
}

const CONDITION_RULE = /^(?:attempt|skip)\s*:/i

/** The test for one share, or all that is wrong. */
function compile(rules: readonly RuleLine[], toUnicode: ToUnicode): ShareTest | RuleFault[] {
  const isNewForm = (rule: RuleLine): boolean => CONDITION_RULE.test(rule.text)
  const [first] = rules
  if (!first) return () => true
  const other = rules.find((rule) => isNewForm(rule) !== isNewForm(first))
  if (other) return [{ ...other, why: 'Attempt: and Skip: lines do not mix with the other form within one sender' }]
  return isNewForm(first) ? compileConditionRules(rules, toUnicode) : compilePatternRules(rules, toUnicode)
}

/** Compiles the `filter[]` lines of a sender. No line: all messages match. Lines that begin with `#` do not count. */
export function compileFilter(
  lines: readonly string[],
  senderName: string,
  toUnicode: ToUnicode,
): SenderFilter | FilterErrors {
  const rules = lines.map((text, i) => ({ line: i + 1, text: text.trim() })).filter(({ text }) => !text.startsWith('#'))
  const compiled = compile(rules, toUnicode)
  if (typeof compiled !== 'function') {
    const errors = compiled.map(({ line, text, why }) =>
      sentence('RELAYOUT_E_FILTER_RULE', { sender: senderName, line, rule: text, why }),
    )
    return { errors }
  }
  return {
    matches({ from, recipients, size }) {
      const plainFrom = plainAddress(from, toUnicode)
      return recipients.every((to) => compiled({ from: plainFrom, to: plainAddress(to, toUnicode), size }))
    },
  }
}
