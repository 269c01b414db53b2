import assert from 'node:assert/strict'
import { domainToUnicode } from 'node:url'
import fc from 'fast-check'
import { compileFilter, type Envelope } from '../../lib/core/filter.js'

/** What the contract says of patterns, read from it word by word, one rule after the other. */
const letters = (domain: string): string =>
  domain
    .split('.')
    .map((label) => (/^xn--|[^\0-\x7f]/.test(label) && !/[*?]/.test(label) && domainToUnicode(label)) || label)
    .join('.')

const plain = (text: string): string => text.normalize('NFC').toLowerCase()

function split(address: string): { local: string; domain: string } {
  const [, local = '', domain = ''] = /^(.*)@(.*)$/.exec(address) ?? []
  return { local, domain: letters(domain) }
}

function whole(address: string): string {
  const { local, domain } = split(address)
  return address.includes('@') ? `${local}@${domain}` : address
}

/** Row by row: whether the first characters of the pattern match the first ones of the text. */
function like(pattern: string, text: string): boolean {
  const characters = Array.from(text)
  let row = [true, ...characters.map(() => false)]
  for (const sign of Array.from(pattern)) {
    const above = row
    row = [sign === '*' && above[0]!]
    for (const [i, character] of characters.entries()) {
      row.push(sign === '*' ? above[i + 1]! || row[i]! : (sign === '?' || sign === character) && above[i]!)
    }
  }
  return row.at(-1)!
}

type Kind = 'From' | 'To' | 'Domain'

function matches(written: string, kind: Kind, rawAddress: string): boolean {
  const pattern = plain(/^<(.*)>$/.exec(written)?.[1] ?? written)
  const address = plain(rawAddress)
  if (pattern === '') return address === ''
  if (pattern.includes('@')) return like(whole(pattern), whole(address))
  if (kind !== 'From') return like(letters(pattern), split(address).domain)
  if (like(pattern, whole(address))) return true
  return like(letters(pattern), /[*?]/.test(pattern) ? whole(address) : split(address).domain)
}

/** A small alphabet, so that rules often match, and nearly match. */
const localPart = fc.constantFrom('a', 'b', 'ab', 'A', 'a.b', 'x.y', 'ä', 'a\u0308', '😀', '"a b"', '"a@b"', '"x@a.x"')
const label = fc.constantFrom(
  'x',
  'y',
  'X',
  'a',
  'xy',
  'bücher',
  'BÜCHER',
  'bu\u0308cher',
  'xn--bcher-kva',
  'XN--BCHER-KVA',
)
const domain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const mailbox = fc.tuple(localPart, domain).map((parts) => parts.join('@'))
const recipient = fc.oneof(
  { weight: 9, arbitrary: mailbox },
  { weight: 1, arbitrary: fc.constantFrom('postmaster', 'a@[192.0.2.1]') },
)
const returnPath = fc.oneof({ weight: 5, arbitrary: recipient }, { weight: 1, arbitrary: fc.constant('') })
const size = fc.integer({ min: 0, max: 5 })
const envelope: fc.Arbitrary<Envelope> = fc.record({
  from: returnPath,
  recipients: fc.array(recipient, { minLength: 1, maxLength: 3 }),
  size,
})

/** With wildcards in place of some of its characters. */
function blurred(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const signs = fc.array(fc.constantFrom(undefined, undefined, undefined, undefined, '*', '?', '**', '*?'), {
    minLength: 30,
    maxLength: 30,
  })
  return fc.tuple(texts, signs).map(([text, put]) => Array.from(text, (c, i) => put[i] ?? c).join(''))
}

const domainPattern = fc.oneof(
  domain,
  domain.map((text) => `*.${text}`),
  domain.map((text) => `*${text}`),
  domain.map((text) => `${text}.*`),
  blurred(domain),
  fc.string({ unit: fc.constantFrom('*', '?', 'x', '.', 'ü'), minLength: 1, maxLength: 5 }),
)
const addressPattern = fc.oneof(
  recipient,
  recipient.map((text) => `<${text}>`),
  domainPattern.map((text) => `*@${text}`),
  fc.tuple(localPart, domainPattern).map((parts) => parts.join('@')),
  localPart.map((text) => `${text}*`),
  blurred(mailbox),
  domainPattern,
  fc.constantFrom('*', '*@*', '?*', '*a*', '*@x*', '*?@*.x', '"*"@*'),
)
const patternOf: Record<Kind, fc.Arbitrary<string>> = {
  From: fc.oneof({ weight: 9, arbitrary: addressPattern }, { weight: 1, arbitrary: fc.constant('<>') }),
  To: addressPattern,
  Domain: domainPattern,
}

/** A rule as written, and what it says. */
interface Rule<Meaning> {
  readonly text: string
  readonly meaning: Meaning
}

type PatternRule = Rule<{ kind: Kind; negated: boolean; pattern: string }>

const patternRule: fc.Arbitrary<PatternRule> = fc
  .tuple(fc.constantFrom<Kind>('From', 'To'), fc.integer({ min: 0, max: 4 }))
  .chain(([kind, n]) => {
    const negated = n === 0
    return patternOf[kind].map((pattern) => ({
      text: `${negated ? '!' : ''}${kind === 'From' ? 'From: ' : ''}${pattern}`,
      meaning: { kind, negated, pattern },
    }))
  })

function allowedByPatterns(rules: readonly PatternRule[], { from, recipients }: Envelope): boolean {
  const allowed = (kind: Kind, address: string): boolean => {
    const ofKind = rules.map(({ meaning }) => meaning).filter((rule) => rule.kind === kind)
    const positive = ofKind.filter(({ negated }) => !negated)
    for (const rule of ofKind) if (rule.negated && matches(rule.pattern, kind, address)) return false
    return positive.length === 0 || positive.some((rule) => matches(rule.pattern, kind, address))
  }
  return allowed('From', from) && recipients.every((to) => allowed('To', to))
}

type Holds = (from: string, to: string, size: number) => boolean

const comparison = fc.constantFrom<[string, (a: number, b: number) => boolean]>(
  ['<', (a, b) => a < b],
  ['<=', (a, b) => a <= b],
  ['=', (a, b) => a === b],
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['<>', (a, b) => a !== b],
  ['>=', (a, b) => a >= b],
  ['>', (a, b) => a > b],
)

const positiveCondition: fc.Arbitrary<Rule<Holds>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ text: 'All', meaning: () => true }) },
  { weight: 1, arbitrary: fc.constant({ text: 'None', meaning: () => false }) },
  {
    weight: 2,
    arbitrary: fc.tuple(comparison, size).map(([[sign, compare], bytes]) => ({
      text: `Size${sign}${bytes}`,
      meaning: (_from: string, _to: string, n: number) => compare(n, bytes),
    })),
  },
  {
    weight: 9,
    arbitrary: fc.constantFrom<Kind>('From', 'To', 'Domain').chain((kind) =>
      patternOf[kind].map((pattern) => ({
        text: `${kind}:${pattern}`,
        meaning: (from: string, to: string) => matches(pattern, kind, kind === 'From' ? from : to),
      })),
    ),
  },
)

const condition: fc.Arbitrary<Rule<Holds>> = fc
  .tuple(fc.integer({ min: 0, max: 4 }), positiveCondition)
  .map(([n, { text, meaning }]) =>
    n === 0 ? { text: `!${text}`, meaning: (...message) => !meaning(...message) } : { text, meaning },
  )

type LineRule = Rule<{ attempt: boolean; conditions: Holds[] }>

const lineRule: fc.Arbitrary<LineRule> = fc
  .tuple(fc.boolean(), fc.array(condition, { minLength: 1, maxLength: 3 }))
  .map(([attempt, conditions]) => ({
    text: `${attempt ? 'Attempt' : 'Skip'}: ${conditions.map(({ text }) => text).join(' ')}`,
    meaning: { attempt, conditions: conditions.map(({ meaning }) => meaning) },
  }))

function allowedByLines(rules: readonly LineRule[], { from, recipients, size }: Envelope): boolean {
  return recipients.every((to) => {
    for (const { meaning } of rules) {
      if (meaning.conditions.every((holds) => holds(from, to, size))) return meaning.attempt
    }
    return !rules.some(({ meaning }) => meaning.attempt)
  })
}

/** Compares both on lists of rules, of which those that are refused one by one are left out. */
function compare<R extends Rule<unknown>>(
  rule: fc.Arbitrary<R>,
  allowed: (rules: readonly R[], envelope: Envelope) => boolean,
): void {
  const seen = { true: 0, false: 0, rules: 0, refused: 0 }
  const lists = fc.oneof(fc.array(rule, { maxLength: 4 }), fc.array(rule, { minLength: 5, maxLength: 60 }))
  fc.assert(
    fc.property(lists, fc.array(envelope, { minLength: 1, maxLength: 8 }), (list, envelopes) => {
      const rules = list.filter(({ text }) => !('errors' in compileFilter([text], 'bulk', domainToUnicode)))
      const filter = compileFilter(
        rules.map(({ text }) => text),
        'bulk',
        domainToUnicode,
      )
      if ('errors' in filter) assert.fail(filter.errors.join('\n'))
      seen.rules += list.length
      seen.refused += list.length - rules.length
      for (const one of envelopes) {
        const expected = allowed(rules, one)
        seen[`${expected}`]++
        assert.equal(filter.matches(one), expected, JSON.stringify([rules.map(({ text }) => text), one], undefined, 1))
      }
    }),
    { numRuns: 1000 },
  )
  assert.ok(Math.min(seen.true, seen.false) > (seen.true + seen.false) / 10, `one-sided: ${JSON.stringify(seen)}`)
  assert.ok(seen.refused < seen.rules / 4, `many refused: ${JSON.stringify(seen)}`)
}

describe('a compiled filter', () => {
  it('answers as From: and recipient patterns do one after the other', () => compare(patternRule, allowedByPatterns))

  it('answers as Attempt: and Skip: lines do one after the other', () => compare(lineRule, allowedByLines))
})
