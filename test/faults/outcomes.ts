/**
 * What becomes of a message at which a relay server fails, by stage and fault: written down from RFC 5321 and from what
 * the plugin promises, not from what it does.
 *
 *   D  delivered            d  delivered, but for the second recipient …
 *   Q  queued               q  … who is queued
 *   B  bounced              b  … who is bounced
 *   ?  in doubt: the server has the whole message and has not said so in words that can be read. It stays in the queue,
 *      and is sent again: to lose it would be worse (RFC 5321 4.2.5, RFC 1047).
 *
 *   =  The next message goes over the same connection.
 *   +  It goes over a new one.
 *
 * A reply that is odd in its form counts (RFC 5321 4.2: by its code). What has no code, or comes when nothing was asked,
 * ends the connection: no later reply can be trusted to be the one to its command. Until the server has greeted it has
 * not been reached, and the message waits for it without a failed attempt. Refusals of STARTTLS and AUTH are none of the
 * message. A 5xx to EHLO has HELO follow (RFC 5321 3.2), but not where TLS is required.
 */
import assert from 'node:assert/strict'

import { type Fault, FAULTS } from './faults.js'
import { type Stage, STAGES } from './stages.js'

export type Fate = 'delivered' | 'queued' | 'bounced' | 'in doubt'

/** Of the first, the second and the third recipient. */
export type Fates = readonly [Fate, Fate, Fate]

export interface Outcome {
  readonly fates: Fates
  readonly sameConnection: boolean
}

/** `.`: the fault cannot be at that stage. */
const TABLE = `
          4xx 5xx 421 garb long many half clos rese nul  bare spli earl slow inje wron
greeting  Q+  B+  Q+  D+   D=   D=   D+   D+   D+   D=   D=   D=   Q+   D+   .    .
ehlo      Q+  D=  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
starttls  Q+  Q+  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   Q+   .
handshake Q+  Q+  Q+  Q+   Q+   Q+   Q+   Q+   Q+   Q+   Q+   D=   Q+   Q+   Q+   Q+
ehlo-tls  Q+  Q+  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
auth      Q+  Q+  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
mail      Q=  B=  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
rcpt      q=  b=  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
rcpts     Q=  B=  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
data      Q=  B=  Q+  Q+   D=   D=   Q+   Q+   Q+   D=   D=   D=   Q+   Q+   .    .
body      Q+  Q+  Q+  Q+   Q+   Q+   Q+   Q+   Q+   Q+   Q+   Q+   Q+   Q+   .    .
end       Q=  B=  Q+  ?+   D=   D=   ?+   ?+   ?+   D=   D=   D=   D+   ?+   .    .
rset      B+  B+  B+  B+   B=   B=   B+   B+   B+   B=   B=   B=   B+   B+   .    .
quit      D+  D+  D+  D+   D+   D+   D+   D+   D+   D+   D+   D+   D+   D+   .    .
idle      D+  D+  D+  D+   D+   D+   D+   D+   D+   D+   D+   D+   D+   D+   .    .
`

/**
 * A connection that carried a message before and ends at the next MAIL, or says 421 to it, costs that message nothing:
 * it goes over a fresh one. Not when there was one reply too many: MAIL was accepted then.
 */
const REUSED: Partial<Record<`${Stage} ${Fault}`, string>> = {
  'mail 421': 'D+',
  'mail garbage': 'D+',
  'mail half': 'D+',
  'mail close': 'D+',
  'mail reset': 'D+',
  'mail slow': 'D+',
}

const CELLS = cells(TABLE, STAGES, FAULTS)

/** Undefined: there is no such case. */
export function outcomeOf(stage: Stage, fault: Fault, reused: boolean): Outcome | undefined {
  const [fate = '', connection] = (reused ? REUSED[`${stage} ${fault}`] : undefined) ?? CELLS(stage, fault)
  return fate === '.' ? undefined : { fates: fatesOf(fate), sameConnection: connection === '=' }
}

/**
 * With a second relay server, which is as it should be: the same, and
 *
 *   2  It takes the message, for all recipients.
 *
 * That is where the first one greets with a refusal or gives no reply that can be read. Another refusal is its word on
 * the message or on the sender, as it is without a second server. What it may have is never given to another one; nor is
 * what it has but for the dot, where half a reply that came too early is found at last.
 */
const TWO_SERVERS = `
          4xx 5xx 421 garb many half clos rese
greeting  2   2   2   2    D    2    2    2
ehlo      Q   D   Q   2    D    2    2    2
starttls  Q   Q   Q   2    D    2    2    2
handshake 2   2   2   2    2    2    2    2
ehlo-tls  Q   Q   Q   2    D    2    2    2
auth      Q   Q   Q   2    D    2    2    2
mail      Q   B   Q   2    D    2    2    2
rcpt      q   b   2   2    D    2    2    2
rcpts     Q   B   2   2    D    2    2    2
data      Q   B   Q   2    D    2    2    2
body      2   2   2   2    2    Q    2    2
end       Q   B   Q   ?    D    ?    ?    ?
`

export const STAGES_OF_TWO = STAGES.filter((stage) => !['rset', 'quit', 'idle'].includes(stage))
export const FAULTS_OF_TWO: readonly Fault[] = '4xx 5xx 421 garbage many-lines half close reset'.split(' ') as Fault[]

const CELLS_OF_TWO = cells(TWO_SERVERS, STAGES_OF_TWO, FAULTS_OF_TWO)

/** `2`: all of it is the second server's. */
export function outcomeOfTwo(stage: Stage, fault: Fault): Fates | 2 {
  const cell = CELLS_OF_TWO(stage, fault)
  return cell === '2' ? 2 : fatesOf(cell)
}

function cells(
  table: string,
  stages: readonly Stage[],
  faults: readonly Fault[],
): (stage: Stage, fault: Fault) => string {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  assert.ok(faults.length === head.length && faults.every((fault, i) => fault.startsWith(head[i]?.slice(0, 2) ?? '?')))
  assert.deepEqual(
    rows.map(([stage]) => stage),
    stages,
  )
  assert.ok(rows.every((row) => row.length === faults.length + 1))
  return (stage, fault) => rows[stages.indexOf(stage)]?.[faults.indexOf(fault) + 1] ?? '.'
}

function fatesOf(letter: string): Fates {
  const all = { D: 'delivered', Q: 'queued', B: 'bounced', '?': 'in doubt' } as const
  const second = { q: 'queued', b: 'bounced' } as const
  if (letter in all) {
    const fate = all[letter as keyof typeof all]
    return [fate, fate, fate]
  }
  return ['delivered', second[letter as keyof typeof second], 'delivered']
}

/** As the account has them. */
export function asSeen(fates: Fates): string[] {
  return fates.map((fate) => (fate === 'in doubt' ? 'delivered+queued' : fate))
}
