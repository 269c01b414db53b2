import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  graver,
  guardReply,
  replyInBrief,
  type Consequence,
  type GuardOptions,
  type Stage,
} from '../../lib/core/reply-guards.js'
import { lastLine, makeReply, replyClass } from '../../lib/core/reply.js'

const usual: GuardOptions = { allowLosingRewrites: true, forceTls: false }
const careful: GuardOptions = { allowLosingRewrites: false, forceTls: false }
const forced: GuardOptions = { allowLosingRewrites: true, forceTls: true }

interface Row {
  stage: Stage
  real: number
  /** What the script says; undefined: nothing. */
  to?: number
  presented: number
  outcome: string
  kinds?: string[]
  consequence?: Consequence
  options?: GuardOptions
}

const rows: Record<string, Row[]> = {
  'greeting, EHLO, MAIL and the rest go through': [
    { stage: 'greeting', real: 220, presented: 220, outcome: 'unchanged' },
    { stage: 'greeting', real: 554, to: 421, presented: 421, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'greeting', real: 554, to: 220, presented: 220, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'ehlo', real: 250, to: 550, presented: 550, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'helo', real: 550, to: 250, presented: 250, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'mail', real: 450, to: 550, presented: 550, outcome: 'applied', consequence: 'reset' },
    { stage: 'mail', real: 450, to: 451, presented: 451, outcome: 'applied' },
    { stage: 'rcpt', real: 450, to: 550, presented: 550, outcome: 'applied', consequence: 'reset' },
    { stage: 'rcpt', real: 250, to: 550, presented: 550, outcome: 'applied', consequence: 'reset' },
    { stage: 'end-of-data', real: 554, to: 451, presented: 451, outcome: 'applied', consequence: 'reset' },
    { stage: 'quit', real: 221, to: 500, presented: 500, outcome: 'applied', consequence: 'no-reuse' },
  ],
  'DATA: only a real 354 starts the message': [
    { stage: 'data', real: 354, presented: 354, outcome: 'unchanged' },
    { stage: 'data', real: 554, to: 354, presented: 554, outcome: 'refused', kinds: ['refused'] },
    { stage: 'data', real: 451, to: 250, presented: 451, outcome: 'refused', kinds: ['refused'] },
    { stage: 'data', real: 554, to: 451, presented: 451, outcome: 'applied', consequence: 'reset' },
    { stage: 'data', real: 354, to: 550, presented: 550, outcome: 'applied', consequence: 'close' },
    { stage: 'data', real: 354, to: 450, presented: 450, outcome: 'applied', consequence: 'close' },
    { stage: 'data', real: 354, to: 250, presented: 354, outcome: 'adjusted', kinds: ['adjusted'] },
    { stage: 'data', real: 354, to: 399, presented: 354, outcome: 'adjusted', kinds: ['adjusted'] },
    { stage: 'data', real: 250, presented: 451, outcome: 'adjusted', kinds: ['adjusted'], consequence: 'close' },
    { stage: 'data', real: 334, presented: 451, outcome: 'adjusted', kinds: ['adjusted'], consequence: 'close' },
    {
      stage: 'data',
      real: 250,
      to: 354,
      presented: 451,
      outcome: 'refused',
      kinds: ['refused', 'adjusted'],
      consequence: 'close',
    },
    { stage: 'data', real: 250, to: 550, presented: 550, outcome: 'applied', consequence: 'close' },
  ],
  'STARTTLS: only a real 220 starts TLS': [
    { stage: 'starttls', real: 220, presented: 220, outcome: 'unchanged' },
    { stage: 'starttls', real: 454, to: 220, presented: 454, outcome: 'refused', kinds: ['refused'] },
    {
      stage: 'starttls',
      real: 502,
      to: 250,
      presented: 454,
      outcome: 'refused',
      kinds: ['refused', 'waits'],
      consequence: 'no-reuse',
    },
    { stage: 'starttls', real: 502, to: 454, presented: 454, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'starttls', real: 220, to: 454, presented: 454, outcome: 'applied', consequence: 'close' },
    { stage: 'starttls', real: 220, to: 550, presented: 550, outcome: 'applied', consequence: 'close' },
    { stage: 'starttls', real: 220, to: 250, presented: 220, outcome: 'adjusted', kinds: ['adjusted'] },
    { stage: 'starttls', real: 220, to: 354, presented: 220, outcome: 'refused', kinds: ['refused'] },
  ],
  'AUTH: whether a further line is waited for stays true': [
    { stage: 'auth', real: 334, presented: 334, outcome: 'unchanged' },
    { stage: 'auth', real: 334, to: 235, presented: 334, outcome: 'refused', kinds: ['refused'] },
    { stage: 'auth', real: 334, to: 535, presented: 535, outcome: 'applied', consequence: 'close' },
    { stage: 'auth', real: 334, to: 354, presented: 334, outcome: 'adjusted', kinds: ['adjusted'] },
    {
      stage: 'auth',
      real: 535,
      to: 334,
      presented: 454,
      outcome: 'refused',
      kinds: ['refused', 'waits'],
      consequence: 'no-reuse',
    },
    { stage: 'auth', real: 535, to: 235, presented: 235, outcome: 'applied', consequence: 'no-reuse' },
    { stage: 'auth', real: 535, to: 454, presented: 454, outcome: 'applied', consequence: 'no-reuse' },
  ],
  'a login or STARTTLS that is refused for good makes the message wait, unless the script means it': [
    { stage: 'auth', real: 535, presented: 454, outcome: 'adjusted', kinds: ['waits'], consequence: 'no-reuse' },
    { stage: 'auth', real: 454, presented: 454, outcome: 'unchanged' },
    { stage: 'auth', real: 535, to: 550, presented: 550, outcome: 'applied' },
    { stage: 'starttls', real: 502, presented: 454, outcome: 'adjusted', kinds: ['waits'], consequence: 'no-reuse' },
    { stage: 'starttls', real: 502, to: 554, presented: 554, outcome: 'applied' },
  ],
  'RCPT: accepted is 250': [
    { stage: 'rcpt', real: 250, presented: 250, outcome: 'unchanged' },
    { stage: 'rcpt', real: 251, presented: 250, outcome: 'adjusted', kinds: ['adjusted'] },
    { stage: 'rcpt', real: 252, presented: 250, outcome: 'adjusted', kinds: ['adjusted'] },
    { stage: 'rcpt', real: 250, to: 251, presented: 250, outcome: 'adjusted', kinds: ['adjusted'] },
    {
      stage: 'rcpt',
      real: 550,
      to: 251,
      presented: 250,
      outcome: 'adjusted',
      kinds: ['adjusted', 'loses'],
      consequence: 'reset',
    },
    { stage: 'rcpt', real: 250, to: 354, presented: 250, outcome: 'refused', kinds: ['refused'] },
    { stage: 'rcpt', real: 354, presented: 451, outcome: 'adjusted', kinds: ['adjusted'], consequence: 'reset' },
  ],
  'losing rewrites': [
    { stage: 'rcpt', real: 550, to: 250, presented: 250, outcome: 'applied', kinds: ['loses'], consequence: 'reset' },
    { stage: 'rcpt', real: 450, to: 250, presented: 450, outcome: 'refused', kinds: ['refused'], options: careful },
    {
      stage: 'end-of-data',
      real: 554,
      to: 250,
      presented: 250,
      outcome: 'applied',
      kinds: ['loses'],
      consequence: 'reset',
    },
    {
      stage: 'end-of-data',
      real: 451,
      to: 200,
      presented: 451,
      outcome: 'refused',
      kinds: ['refused'],
      options: careful,
    },
    { stage: 'mail', real: 450, to: 250, presented: 250, outcome: 'applied', consequence: 'reset', options: careful },
  ],
  'rewrites that repeat': [
    {
      stage: 'end-of-data',
      real: 250,
      to: 451,
      presented: 451,
      outcome: 'applied',
      kinds: ['repeats'],
      consequence: 'reset',
    },
    {
      stage: 'end-of-data',
      real: 250,
      to: 550,
      presented: 550,
      outcome: 'applied',
      kinds: ['repeats'],
      consequence: 'reset',
    },
    { stage: 'end-of-data', real: 250, to: 354, presented: 250, outcome: 'refused', kinds: ['refused'] },
    { stage: 'end-of-data', real: 354, presented: 451, outcome: 'adjusted', kinds: ['adjusted'], consequence: 'reset' },
  ],
  '3xx is an answer to DATA and AUTH only': [
    { stage: 'greeting', real: 220, to: 354, presented: 220, outcome: 'refused', kinds: ['refused'] },
    { stage: 'ehlo', real: 250, to: 334, presented: 250, outcome: 'refused', kinds: ['refused'] },
    { stage: 'mail', real: 250, to: 354, presented: 250, outcome: 'refused', kinds: ['refused'] },
    { stage: 'quit', real: 221, to: 354, presented: 221, outcome: 'refused', kinds: ['refused'] },
  ],
  'EHLO under forced TLS is never a 5xx': [
    { stage: 'ehlo', real: 502, presented: 454, outcome: 'adjusted', kinds: ['adjusted'], options: forced },
    {
      stage: 'ehlo',
      real: 250,
      to: 550,
      presented: 454,
      outcome: 'adjusted',
      kinds: ['adjusted'],
      consequence: 'no-reuse',
      options: forced,
    },
    { stage: 'ehlo', real: 451, presented: 451, outcome: 'unchanged', options: forced },
    { stage: 'lhlo', real: 502, presented: 502, outcome: 'unchanged', options: forced },
  ],
  'a real 421 ends the use of the connection': [
    { stage: 'greeting', real: 421, presented: 421, outcome: 'unchanged', consequence: 'no-reuse' },
    { stage: 'rcpt', real: 421, to: 550, presented: 550, outcome: 'applied', consequence: 'no-reuse' },
    {
      stage: 'end-of-data',
      real: 421,
      to: 250,
      presented: 250,
      outcome: 'applied',
      kinds: ['loses'],
      consequence: 'no-reuse',
    },
    { stage: 'quit', real: 421, presented: 421, outcome: 'unchanged', consequence: 'no-reuse' },
    { stage: 'rcpt', real: 450, to: 421, presented: 421, outcome: 'applied', consequence: 'none' },
  ],
}

describe('reply guards', () => {
  for (const [title, group] of Object.entries(rows))
    describe(title, () => {
      for (const row of group) {
        const { stage, real, to, presented, outcome, kinds = [], consequence, options = usual } = row
        const what = `${stage} ${real}${to === undefined ? '' : ` → ${to}`}: ${presented}, ${outcome}`
        it(options.allowLosingRewrites ? what : `${what}, allow_losing_rewrites = false`, () => {
          const rewritten = to === undefined ? undefined : makeReply(to, 'script says')
          const verdict = guardReply(stage, makeReply(real, 'server says'), rewritten, options)
          assert.equal(verdict.presented.code, presented)
          assert.equal(verdict.outcome, outcome)
          assert.deepEqual(
            verdict.warnings.map(({ kind }) => kind),
            kinds,
          )
          const adjustedReal = to === undefined && Math.floor(real / 100) !== Math.floor(presented / 100)
          if (consequence !== undefined || !adjustedReal) assert.equal(verdict.consequence, consequence ?? 'none')
          for (const { sentence } of verdict.warnings) assert.match(sentence, /^\S.*[^.]$/)
          const text = outcome === 'refused' || to === undefined ? 'server says' : 'script says'
          assert.ok(lastLine(verdict.presented).startsWith(`${presented} `))
          assert.ok(lastLine(verdict.presented).endsWith(text))
        })
      }
    })

  const stages: Stage[] = [
    'greeting',
    'ehlo',
    'helo',
    'lhlo',
    'starttls',
    'auth',
    'mail',
    'rcpt',
    'data',
    'end-of-data',
    'rset',
    'quit',
    'other',
  ]

  it('keep their promises for every combination of codes', () => {
    const code = fc.integer({ min: 200, max: 599 })
    fc.assert(
      fc.property(
        fc.constantFrom(...stages),
        code,
        fc.option(code),
        fc.boolean(),
        fc.boolean(),
        (stage, a, b, allow, force) => {
          const real = makeReply(a, 'x')
          const verdict = guardReply(stage, real, b === null ? undefined : makeReply(b, 'y'), {
            allowLosingRewrites: allow,
            forceTls: force,
          })
          const { presented } = verdict
          if (stage === 'data') assert.ok(presented.code === 354 ? a === 354 : presented.code >= 400)
          if (stage === 'rcpt') assert.ok(presented.code === 250 || presented.code >= 400)
          if (stage === 'starttls' && replyClass(presented) === 2) assert.equal(replyClass(real), 2)
          if (stage === 'auth') assert.ok(replyClass(presented) !== 3 || replyClass(real) === 3)
          if (stage === 'ehlo' && force) assert.ok(presented.code < 500)
          if (stage === 'end-of-data' && replyClass(real) !== 2 && !allow) assert.notEqual(replyClass(presented), 2)
          if (a === 421) assert.equal(graver(verdict.consequence, 'no-reuse'), verdict.consequence)
          if (verdict.outcome === 'unchanged') assert.equal(presented, real)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('say a reply in brief', () => {
    assert.equal(replyInBrief(makeReply(550, 'x'.repeat(500))).length, 200)
  })
})
