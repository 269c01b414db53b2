/**
 * The messages of `npm run demo`, and what must become of each under demo/relayout.lua.
 */
import type { OutgoingMessage } from './submit.js'

export type Fate = 'delivered' | 'bounced' | 'deferred' | 'waiting'

export interface Case {
  /** Carried in the header field X-Demo, so that the relay's records can be told apart. */
  readonly key: string
  readonly title: string
  readonly message: OutgoingMessage
  readonly expected: Expected
}

export interface Expected {
  /** Undefined: no sender takes it. */
  readonly sender?: string
  readonly priority?: number
  readonly reason?: RegExp
  /** The reply of the relay that matters. */
  readonly reply?: RegExp
  /** What the script or the plugin makes of it. */
  readonly rewritten?: RegExp
  /** The reply in the report of a bounce; undefined: it does not matter. */
  readonly diagnostic?: RegExp
  readonly delivered: number
  readonly bounced: number
  readonly fate: Fate
}

export const SENDER_ADDRESS = 'demo@example.com'

/** How long the held message is held, s. */
const HOLD_SECONDS = 4
const LINE = 'Nothing in this line is of any interest. '.padEnd(78, '.')

const OK = /^250 /
const main = { sender: 'main', priority: 50, delivered: 1, bounced: 0, fate: 'delivered' } as const

export function scenario(nowMs: number): Case[] {
  const notBefore = Math.ceil(nowMs / 1000) + HOLD_SECONDS
  return [
    made(
      'bulk',
      'bulk mail',
      ['news@example.net'],
      { ...main, priority: 10, reply: OK },
      { fields: ['Precedence: bulk'] },
    ),
    made('big', 'big, 40 KB', ['big@example.net'], { ...main, priority: 5, reply: OK }, { kilobytes: 40 }),
    made('normal', 'ordinary', ['friend@example.net'], { ...main, reply: OK }),
    made(
      'urgent',
      'urgent',
      ['boss@example.net'],
      { ...main, priority: 90, reply: OK },
      { fields: ['X-Priority: 1 (Highest)'] },
    ),
    made(
      'huge',
      'huge, 200 KB',
      ['archive@example.net'],
      { ...main, sender: 'large', priority: 5, reply: OK },
      { kilobytes: 200 },
    ),
    made(
      'held',
      `held ${HOLD_SECONDS} seconds`,
      ['later@example.net'],
      { ...main, reason: /^not before \d\d:/, reply: OK },
      { fields: [`X-Not-Before: ${notBefore}`] },
    ),
    made(
      'draft',
      'a draft',
      ['editor@example.net'],
      { reason: /^a draft: /, delivered: 0, bounced: 0, fate: 'waiting' },
      { subject: '[draft] Please read' },
    ),
    made('unknown', 'to unknown user', ['unknown@example.net'], {
      ...main,
      reply: /^450 4\.1\.1 .*User unknown/,
      rewritten: /^550 5\.1\.1 .*User unknown/,
      diagnostic: /^550 5\.1\.1 .*User unknown/,
      delivered: 0,
      bounced: 1,
      fate: 'bounced',
    }),
    made('busy', 'refused for now', ['defer@example.net'], { ...main, reply: /^451 /, delivered: 0, fate: 'deferred' }),
    made('three', 'one of 3 refused', ['one@example.net', 'refuse@example.net', 'two@example.net'], {
      ...main,
      reply: /^550 /,
      delivered: 2,
      bounced: 1,
    }),
    made('moved', 'answered 251', ['forward@example.net'], { ...main, reply: /^251 /, rewritten: /^250 / }),
  ]
}

/** Those of one sender that are offered at once, in the order in which the script has them go. */
export const EXPECTED_ORDER = ['urgent', 'normal', 'bulk', 'big'] as const

function made(
  key: string,
  title: string,
  to: readonly string[],
  expected: Expected,
  more: { readonly fields?: readonly string[]; readonly subject?: string; readonly kilobytes?: number } = {},
): Case {
  const header = [
    `From: ${SENDER_ADDRESS}`,
    `To: ${to.join(', ')}`,
    `Subject: ${more.subject ?? title}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `X-Demo: ${key}`,
    ...(more.fields ?? []),
  ]
  const lineCount = more.kilobytes ? Math.ceil((more.kilobytes * 1024) / (LINE.length + 2)) : 1
  const body = Array<string>(lineCount).fill(LINE)
  return { key, title, message: { from: SENDER_ADDRESS, to, lines: [...header, '', ...body] }, expected }
}
