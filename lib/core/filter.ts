/**
 * The sender filter (contract 2): which messages a sender is for.
 *
 * Rules are compiled once. Both forms come down to one question per recipient, and the message is for the sender when
 * the answer is yes for each of them: with positive recipient rules each recipient must match any of them, and one
 * recipient that matches a negated rule, or for which a `Skip:` line decides, keeps the whole message away.
 */
import { plainAddress, type AddressTest, type PlainAddress, type ToUnicode } from './address-pattern.js'
import { compileLines } from './filter-lines.js'
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

/** Sentences that name the sender, the rule's number and what is wrong with it; ten at most. */
export interface FilterErrors {
  readonly errors: readonly string[]
  /** Of each: the number of its rule. */
  readonly rules: readonly number[]
}

/** What the rules say of a message with this return path and size: all of its recipients, none, or a test for each. */
export type MessageTest = (from: PlainAddress, size: number) => boolean | AddressTest

/** A rule as written, with its number from 1 on. */
export interface RuleLine {
  readonly line: number
  readonly text: string
}

export interface RuleFault extends RuleLine {
  readonly why: string
}

const CONDITION_RULE = /^(?:attempt|skip)\s*:/i

/** So that thousands of broken rules do not fill the log. */
const MOST_ERRORS = 10

const FOR_ALL: SenderFilter = { matches: () => true }

/** The test that the rules stand for, or all that is wrong. */
function compile(rules: readonly RuleLine[], toUnicode: ToUnicode): MessageTest | RuleFault[] {
  const isNewForm = (rule: RuleLine): boolean => CONDITION_RULE.test(rule.text)
  const written = rules.filter(({ text }) => text !== '')
  const [first] = written
  const other = first && written.find((rule) => isNewForm(rule) !== isNewForm(first))
  if (other) {
    const why = `Attempt: and Skip: lines do not mix with the other form within one sender, see rule ${first.line}`
    return [{ ...other, why }]
  }
  return first && isNewForm(first) ? compileLines(rules, toUnicode) : compilePatternRules(rules, toUnicode)
}

/** A sentence for each fault; of very many, the last one tells how many more there are. */
function sentences(faults: readonly RuleFault[], sender: string): string[] {
  const more = faults.length - MOST_ERRORS
  return faults.slice(0, MOST_ERRORS).map(({ line, text, why }, i) => {
    const rest = more > 0 && i === MOST_ERRORS - 1 ? `; ${more} more rules of this sender are wrong` : ''
    return sentence('RELAYOUT_E_FILTER_RULE', { sender, line, rule: text, why: why + rest })
  })
}

/** Compiles the `filter[]` lines of a sender. No line: all messages match. Lines that begin with `#` do not count. */
export function compileFilter(
  lines: readonly string[],
  senderName: string,
  toUnicode: ToUnicode,
): SenderFilter | FilterErrors {
  const rules = lines.map((text, i) => ({ line: i + 1, text: text.trim() })).filter(({ text }) => !text.startsWith('#'))
  if (rules.length === 0) return FOR_ALL
  const compiled = compile(rules, toUnicode)
  if (typeof compiled !== 'function')
    return { errors: sentences(compiled, senderName), rules: compiled.map(({ line }) => line) }
  return {
    matches({ from, recipients, size }) {
      const answer = compiled(plainAddress(from, toUnicode), size)
      return typeof answer === 'boolean' ? answer : recipients.every((to) => answer(plainAddress(to, toUnicode)))
    },
  }
}
