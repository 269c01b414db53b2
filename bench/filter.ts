/**
 * The sender filter: 10,000 rules of one shape, in both forms, against what an administrator would write by hand into a
 * hook of Haraka's in JavaScript: an array of functions that are tried one after the other, each a comparison of
 * strings where that is enough, else a regular expression.
 *
 * Where every rule is tried only some of the messages are asked for: the time per message is the same, and all of them
 * would take minutes.
 */
import { performance } from 'node:perf_hooks'
import { domainToUnicode } from 'node:url'

import { compileFilter, type Envelope, type SenderFilter } from '../lib/core/filter.js'
import { figure, type Figure, median } from './figure.js'
import type { Part } from './part.js'
import { type SummaryRow, withCommas } from './summary.js'

const RULES = 10_000
const MESSAGES = 10_000
/** Where every rule is tried. */
const FEW_MESSAGES = 100
const FEW_RULES = 100

type ByHand = (address: string, domain: string) => boolean

interface Shape {
  readonly name: string
  pattern(i: number): string
  /** The rule with pattern `i`, for an address in lower case. */
  byHand(i: number): ByHand
  /** An address that only pattern `i` matches. */
  address(i: number): string
  /** The filter has to try its rules one after the other, too. */
  readonly oneByOne?: true
  /** Shown in the README, too. */
  readonly brief?: true
}

const SHAPES: readonly Shape[] = [
  {
    name: 'domains',
    pattern: (i) => `shop${i}.example`,
    byHand: (i) => {
      const wanted = `shop${i}.example`
      return (_address, domain) => domain === wanted
    },
    address: (i) => `someone@shop${i}.example`,
    brief: true,
  },
  {
    name: 'addresses',
    pattern: (i) => `user${i}@shop.example`,
    byHand: (i) => {
      const wanted = `user${i}@shop.example`
      return (address) => address === wanted
    },
    address: (i) => `user${i}@shop.example`,
  },
  {
    name: '*@domain',
    pattern: (i) => `*@shop${i}.example`,
    byHand: (i) => {
      const end = `@shop${i}.example`
      return (address) => address.endsWith(end)
    },
    address: (i) => `someone@shop${i}.example`,
  },
  {
    name: '*.domain',
    pattern: (i) => `*.shop${i}.example`,
    byHand: (i) => {
      const end = `.shop${i}.example`
      return (_address, domain) => domain.endsWith(end)
    },
    address: (i) => `someone@mail.shop${i}.example`,
  },
  {
    name: 'wildcards in the middle',
    pattern: (i) => `user${i}-*@*.example`,
    byHand: (i) => {
      const expression = new RegExp(`^user${i}-.*@.*\\.example$`)
      return (address) => expression.test(address)
    },
    address: (i) => `user${i}-news@shop.example`,
    brief: true,
  },
  {
    name: 'wildcards at both ends',
    pattern: (i) => `*@shop${i}.*`,
    byHand: (i) => {
      const expression = new RegExp(`@shop${i}\\.`)
      return (address) => expression.test(address)
    },
    address: (i) => `someone@shop${i}.example`,
    oneByOne: true,
    brief: true,
  },
]

const FORMS = [
  { name: 'patterns', rule: (pattern: string) => pattern },
  { name: 'Attempt: lines', rule: (pattern: string) => `Attempt: To:${pattern}` },
]

type Form = (typeof FORMS)[number]

/** Microseconds. */
interface Round {
  readonly filter: number
  readonly fewRules: number
  readonly byHand: number
  readonly compile: number
}

export const filter: Part = {
  about:
    `A sender with ${RULES} rules of one shape is asked of ${MESSAGES} messages with one recipient, half of which match ` +
    'a rule; against it the same rules by hand, as an array of functions in JavaScript that are tried one after the ' +
    `other; and the same sender with ${FEW_RULES} rules. Where every rule is tried, for ${FEW_MESSAGES} of the messages.`,
  secondsARound: 4,
  run({ rounds, progress }) {
    const compared = FORMS.flatMap((form) =>
      SHAPES.map((shape) => {
        progress(`${form.name}, ${shape.name}`)
        return compare(form, shape, rounds)
      }),
    )
    // The other form is much like it.
    const summary = compared.slice(0, SHAPES.length).map(({ row }) => row)
    return { figures: compared.map(({ figure }) => figure), summary }
  },
}

function compare(form: Form, shape: Shape, wanted: number): { figure: Figure; row: SummaryRow } {
  const messages = messagesFor(shape, RULES)
  const fewMessages = messages.slice(0, FEW_MESSAGES)
  const messagesOfFew = messagesFor(shape, FEW_RULES)
  const few = compiled(rules(form, shape, FEW_RULES))
  const all = rules(form, shape, RULES)
  const functions = Array.from({ length: RULES }, (_, i) => shape.byHand(i))
  const byHand = ({ recipients }: Envelope): boolean =>
    recipients.every((to) => {
      const address = to.toLowerCase()
      const domain = address.slice(address.lastIndexOf('@') + 1)
      return functions.some((rule) => rule(address, domain))
    })
  const rounds: Round[] = []
  for (let round = 0; round <= wanted; round++) {
    const start = performance.now()
    const whole = compiled(all)
    const result = {
      compile: (performance.now() - start) * 1000,
      filter: perMessage(shape.oneByOne ? fewMessages : messages, (one) => whole.matches(one)),
      fewRules: perMessage(messagesOfFew, (one) => few.matches(one)),
      byHand: perMessage(fewMessages, byHand),
    }
    // The first round only warms up.
    if (round > 0) rounds.push(result)
  }
  const one = figure(
    `${form.name}, ${shape.name}: messages per second, sender filter / by hand`,
    'higher',
    rounds.map((round) => round.byHand / round.filter),
    measured(rounds),
  )
  return {
    figure: one,
    row: {
      what: `a message asked of ${withCommas(RULES)} filter rules, ${shape.name}`,
      ours: `${median(rounds.map((round) => round.filter)).toFixed(1)} us`,
      ratios: [{ to: 'by hand in JavaScript, in messages per second', figure: one.name }],
      brief: shape.brief ?? false,
    },
  }
}

function measured(rounds: readonly Round[]): string {
  const us = (of: (round: Round) => number): number => median(rounds.map(of))
  return [
    `${us((round) => round.filter).toFixed(1)} us per message against ${us((round) => round.byHand).toFixed(0)} us`,
    `${us((round) => round.fewRules).toFixed(1)} us with ${FEW_RULES} rules`,
    `the rules are compiled in ${(us((round) => round.compile) / 1000).toFixed(0)} ms`,
  ].join(', ')
}

const rules = (form: Form, shape: Shape, count: number): string[] =>
  Array.from({ length: count }, (_, i) => form.rule(shape.pattern(i)))

function compiled(lines: readonly string[]): SenderFilter {
  const result = compileFilter(lines, 'bench', domainToUnicode)
  if ('errors' in result) throw new Error(result.errors.join('\n'))
  return result
}

/** Every second one matches one of the first `count` rules, evenly spread, in an order that is none. */
function messagesFor(shape: Shape, count: number): Envelope[] {
  return Array.from({ length: MESSAGES }, (_, i) => {
    const at = ((i >> 1) * 7_919) % count
    return { from: 'sender@example.com', recipients: [shape.address(i % 2 === 0 ? at : RULES + at)], size: 2_000 }
  })
}

function perMessage(messages: readonly Envelope[], isFor: (message: Envelope) => boolean): number {
  const start = performance.now()
  let matching = 0
  for (const one of messages) if (isFor(one)) matching++
  const us = ((performance.now() - start) * 1000) / messages.length
  if (matching * 2 !== messages.length) throw new Error(`${matching} of ${messages.length} messages match`)
  return us
}
