/**
 * The full product of stage × fault × mode × script, but for what cannot be: each a sender with a relay server of its own.
 *
 *  - `fresh`: the fault hits the first message of the first connection.
 *  - `reused`: it hits the second message, on the connection of the first one; at a stage that comes once for each
 *    connection, on the connection that follows when the server has closed the first.
 *  - `pipelined`: as `fresh`, with MAIL and all RCPTs in one write. The other two are without.
 */
import type { RelayCase } from '../support/many-relays.js'
import { type Fault, FAULTS } from './faults.js'
import { type Outcome, outcomeOf } from './outcomes.js'
import { type Scripted, scripted, type Stage, STAGES } from './stages.js'

export const MODES = ['fresh', 'reused', 'pipelined'] as const
export const SCRIPTS = ['no script', 'script'] as const

export interface FaultCase extends RelayCase, Outcome {
  readonly stage: Stage
  readonly fault: Fault
  readonly mode: (typeof MODES)[number]
  readonly script: (typeof SCRIPTS)[number]
  /** The message that is hit: the k-th. There is one after it. */
  readonly at: number
  readonly messages: number
  readonly hit: Scripted['hit']
}

/** Why the fault cannot be at the stage; undefined: it can. */
export function exclusion(stage: Stage, fault: Fault): string | undefined {
  if (fault === 'wrong-certificate' && stage !== 'handshake') return 'a certificate is shown in the TLS handshake alone'
  if (fault === 'inject' && stage !== 'starttls' && stage !== 'handshake')
    return 'before TLS is on, and after it was asked for, there are STARTTLS and the handshake alone'
  return undefined
}

/** It says that it was there, where that can be seen in a bounce, and changes nothing else. */
export const SEEN = '(as the script has it)'
export const SCRIPT = `
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastCommand:find("^RCPT") then return LastLine .. " ${SEEN}" end
end
`

/**
 * More than any kernel takes in before the relay server has answered the first of it (4 MB, tcp_wmem): what that answer is
 * taken for must not depend on who is faster. For a failure it does not matter: it stands for the end of data as well.
 */
export const LARGE = 6_000_000
const MEDIUM = 300_000
const FAILURES: readonly Fault[] = ['4xx', '421', 'garbage', 'half', 'close', 'reset', 'slow']

function bytesOf(stage: Stage, fault: Fault): number {
  if (stage !== 'body') return 0
  return FAILURES.includes(fault) ? MEDIUM : LARGE
}

function faultCase(stage: Stage, fault: Fault, mode: FaultCase['mode'], script: FaultCase['script']): FaultCase {
  const outcome = outcomeOf(stage, fault, mode === 'reused')
  if (!outcome) throw new Error(`no outcome is written down for ${fault} at ${stage}`)
  const at = mode === 'reused' ? 1 : 0
  const bytes = bytesOf(stage, fault)
  const { relay, ini, hit } = scripted(stage, fault, at)
  return {
    ...outcome,
    stage,
    fault,
    mode,
    script,
    at,
    hit,
    name: [stage, fault, mode, ...(script === 'script' ? [script] : [])].join('-'),
    // Every few cases have messages of their own: what is mixed up between them is found by the content.
    group: [stage, at, ...(bytes > 0 ? [fault] : script === 'script' ? [script] : [])].join('-'),
    relay,
    ini: [...ini, `pipelining=${mode === 'pipelined'}`, ...(script === 'script' ? ['script=seen.lua'] : [])].join('\n'),
    messages: at + 2,
    recipients: (k) => [`a${k}`, `b${k}`, `c${k}`],
    bytes: (k) => (k === at ? bytes : 0),
  }
}

export const CASES: readonly FaultCase[] = STAGES.flatMap((stage) =>
  FAULTS.filter((fault) => exclusion(stage, fault) === undefined).flatMap((fault) =>
    MODES.flatMap((mode) => SCRIPTS.map((script) => faultCase(stage, fault, mode, script))),
  ),
)
