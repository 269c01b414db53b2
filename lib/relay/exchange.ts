/**
 * An exchange: one command and the reply to it, as it goes through a relay connection.
 */
import type { Stage, Verdict } from '../core/reply-guards.js'
import type { Reply } from '../core/reply.js'

/** A verdict, and the real reply; undefined: the reply was made here and the script was not asked. */
export interface Settled extends Verdict {
  readonly real: Reply | undefined
}

export interface Exchange {
  readonly stage: Stage
  /** As ReturnCodeHandler sees it: no secret. */
  readonly command: string
  /** What is written, a byte string; undefined: nothing (greeting, further replies to one end of data). */
  readonly bytes?: string
  /** Nothing is sent; this is the reply. */
  readonly local?: Reply
  /** Called once, in order, unless the connection fails or is ended before. */
  settle(settled: Settled): void
}

/** A command line, a byte string, sent as it is; `shown` is what ReturnCodeHandler sees of it. */
export function commandExchange(
  stage: Stage,
  line: string,
  settle: (settled: Settled) => void,
  shown = line,
): Exchange {
  return { stage, command: shown, bytes: `${line}\r\n`, settle }
}

/** A command that is answered here, in its turn. */
export function localExchange(reply: Reply, settle: (settled: Settled) => void): Exchange {
  return { stage: 'other', command: '', local: reply, settle }
}

/** What becomes of the exchange's name in a sentence: what is waited for. */
export function awaited({ stage, command }: Exchange): string {
  if (stage === 'greeting') return 'its greeting'
  if (stage === 'end-of-data') return 'its reply to the end of the message'
  return `its reply to ${command.split(' ', 1)[0] ?? ''}`
}
