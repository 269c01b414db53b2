/**
 * The guards of contract 6: which rewritten replies Haraka may act on, as one pure function over stage, real reply and
 * rewritten reply.
 *
 * Nothing here fails. A rewrite that would do harm is refused (the real reply stands) or adjusted; whatever comes out
 * is a reply that Haraka handles without losing the message unnoticed. Some real replies are adjusted too, because
 * Haraka would lose or hang on them: RCPT 251, DATA 250, EHLO 5xx under forced TLS.
 *
 * A login or STARTTLS that is refused with 5xx is presented as 454, since it says nothing of the message; a script that
 * says 5xx itself is obeyed.
 *
 * Choices the contract leaves open: 3xx is an answer to DATA and AUTH only (RFC 5321 4.2.1, RFC 4954 4) and is refused
 * elsewhere, since Haraka would defer the whole message on it; within AUTH a 3xx stays a 3xx or becomes a failure.
 */
import { lastLine, makeReply, replyClass, replyTexts, withCode, type Reply } from './reply.js'

export type Stage =
  | 'greeting'
  | 'ehlo'
  | 'helo'
  | 'lhlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'end-of-data'
  | 'rset'
  | 'quit'
  | 'other'

export interface GuardOptions {
  /** Setting `allow_losing_rewrites`. */
  readonly allowLosingRewrites: boolean
  /** Haraka blocks on everything but EHLO and STARTTLS until TLS is up: it must not be made to send HELO. */
  readonly forceTls: boolean
}

/**
 * `unchanged`: presented as it came; `applied`: as the script has it; `adjusted`: changed by a guard; `refused`: the
 * script's reply was not taken.
 */
export type GuardOutcome = 'unchanged' | 'applied' | 'adjusted' | 'refused'

/** `waits`: the relay server refused for good what is no fault of the message. */
export type WarningKind = 'refused' | 'adjusted' | 'waits' | 'loses' | 'repeats'

export interface GuardWarning {
  readonly kind: WarningKind
  /** Why, and what was done; no reply text in it. */
  readonly sentence: string
}

/**
 * What becomes of the connection. `reset`: RSET before another message; `no-reuse`: no further message; `close`: no
 * further command at all, not even QUIT. In rising order.
 */
export type Consequence = 'none' | 'reset' | 'no-reuse' | 'close'

export interface Verdict {
  readonly presented: Reply
  readonly outcome: GuardOutcome
  readonly warnings: readonly GuardWarning[]
  readonly consequence: Consequence
}

const ORDER: readonly Consequence[] = ['none', 'reset', 'no-reuse', 'close']

/** The graver of two. */
export function graver(a: Consequence, b: Consequence): Consequence {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b
}

/** `rewritten` is undefined when the script left the reply as it is. */
export function guardReply(stage: Stage, real: Reply, rewritten: Reply | undefined, options: GuardOptions): Verdict {
  const warnings: GuardWarning[] = []
  const refusal = rewritten && refuse(stage, real, rewritten, options)
  if (refusal !== undefined) warnings.push({ kind: 'refused', sentence: refusal })
  const candidate = refusal === undefined ? (rewritten ?? real) : real
  const adjustment = adjust(stage, real, candidate, options)
  if (adjustment) warnings.push({ kind: adjustment.kind ?? 'adjusted', sentence: adjustment.sentence })
  const presented = adjustment?.reply ?? candidate
  const warning = warnOf(stage, real, presented)
  if (warning) warnings.push(warning)
  return {
    presented,
    outcome: refusal !== undefined ? 'refused' : adjustment ? 'adjusted' : rewritten ? 'applied' : 'unchanged',
    warnings,
    consequence: consequenceOf(stage, real, presented),
  }
}

/** Why this rewrite is not taken, or undefined. */
function refuse(stage: Stage, real: Reply, rewritten: Reply, options: GuardOptions): string | undefined {
  const from = replyClass(real)
  const to = replyClass(rewritten)
  if (stage === 'data')
    return real.code !== 354 && to <= 3
      ? 'after DATA only a 354 of the relay server itself starts the message, else its text would be read as commands'
      : undefined
  if (stage === 'auth') {
    if (to === 3 && from !== 3) return 'the relay server does not wait for a further line of AUTH'
    if (to === 2 && from === 3) return 'the relay server waits for a further line of AUTH'
    return undefined
  }
  if (to === 3) return 'a 3xx code is an answer to DATA and AUTH only'
  if (stage === 'starttls' && real.code !== 220 && to === 2) return 'the relay server has not agreed to start TLS'
  if (losing(stage, real, rewritten) && !options.allowLosingRewrites)
    return `the relay server did not take the ${what(stage)}, and allow_losing_rewrites = false`
  return undefined
}

interface Adjustment {
  readonly reply: Reply
  readonly sentence: string
  readonly kind?: WarningKind
}

function adjust(stage: Stage, real: Reply, candidate: Reply, options: GuardOptions): Adjustment | undefined {
  const to = replyClass(candidate)
  if (stage === 'rcpt' && to === 2 && candidate.code !== 250)
    return {
      reply: withCode(candidate, 250),
      sentence: `${candidate.code} is presented as 250, because Haraka drops a message whose only recipient got another 2xx`,
    }
  if ((stage === 'rcpt' || stage === 'end-of-data') && to === 3)
    return {
      reply: withCode(candidate, 451),
      sentence: `${candidate.code} is no answer to that command and is presented as 451`,
    }
  if (stage === 'data' && real.code !== 354 && to <= 3)
    return {
      reply: makeReply(451, `4.5.0 the relay server answered DATA with ${candidate.code}: ${textInBrief(candidate)}`),
      sentence: `the relay server answered DATA with ${candidate.code} instead of 354: presented as 451, the message is not sent`,
    }
  if (stage === 'data' && to <= 3 && candidate.code !== 354)
    return { reply: withCode(candidate, 354), sentence: `${candidate.code} is presented as 354` }
  if (stage === 'starttls' && real.code === 220 && to === 2 && candidate.code !== 220)
    return { reply: withCode(candidate, 220), sentence: `${candidate.code} is presented as 220` }
  if (stage === 'auth' && to === 3 && candidate.code !== 334)
    return { reply: withCode(candidate, 334), sentence: `${candidate.code} is presented as 334` }
  if (to === 5 && candidate === real && (stage === 'auth' || stage === 'starttls')) return waits(stage, real)
  if (stage === 'ehlo' && options.forceTls && to === 5)
    return {
      reply: makeReply(454, `4.7.0 TLS is required, but the relay server refused EHLO: ${textInBrief(candidate)}`),
      sentence: `${candidate.code} is presented as 454: TLS is required, and without EHLO there is no STARTTLS`,
    }
  return undefined
}

/** Haraka would return every message to its sender, where a password or a certificate wants mending. */
function waits(stage: 'auth' | 'starttls', real: Reply): Adjustment {
  const [what, advice] = stage === 'auth' ? ['the login', 'auth_user, auth_pass and auth_type'] : ['STARTTLS', 'tls']
  return {
    kind: 'waits',
    reply: makeReply(454, `4.7.0 the relay server refused ${what}: ${lastLine(real).slice(0, 500)}`),
    sentence: `the relay server refused ${what}: the message waits instead of being returned; look at ${advice}`,
  }
}

function losing(stage: Stage, real: Reply, presented: Reply): boolean {
  return (stage === 'rcpt' || stage === 'end-of-data') && replyClass(real) !== 2 && replyClass(presented) === 2
}

function what(stage: Stage): string {
  return stage === 'rcpt' ? 'recipient' : 'message'
}

function warnOf(stage: Stage, real: Reply, presented: Reply): GuardWarning | undefined {
  if (losing(stage, real, presented))
    return {
      kind: 'loses',
      sentence: `the relay server did not take the ${what(stage)}: it leaves the queue undelivered`,
    }
  if (stage === 'end-of-data' && replyClass(real) === 2 && replyClass(presented) !== 2)
    return {
      kind: 'repeats',
      sentence:
        replyClass(presented) === 5
          ? 'the relay server has the message: its sender gets a bounce although it is delivered'
          : 'the relay server has the message: it will be sent again',
    }
  return undefined
}

const TRANSACTION: readonly Stage[] = ['mail', 'rcpt', 'data', 'end-of-data', 'rset']

function consequenceOf(stage: Stage, real: Reply, presented: Reply): Consequence {
  const from = replyClass(real)
  const to = replyClass(presented)
  // The server now expects a body, a TLS handshake or a line of AUTH: a QUIT would be read as that.
  if (stage === 'data' && from <= 3 && to >= 4) return 'close'
  if (stage === 'starttls' && from === 2 && to !== 2) return 'close'
  if (stage === 'auth' && from === 3 && to !== 3) return 'close'
  if (real.code === 421) return 'no-reuse'
  if (from === to) return 'none'
  return TRANSACTION.includes(stage) ? 'reset' : 'no-reuse'
}

function textInBrief(reply: Reply): string {
  return replyTexts(reply).join(' ').slice(0, 500)
}

/** `250 2.1.5 Ok` cut for a sentence. */
export function replyInBrief(reply: Reply): string {
  return lastLine(reply).slice(0, 200)
}
