/** What becomes of the connection to the relay server after a reply, in words (contract 6 and 8). */
import type { Consequence, Stage } from '../../core/reply-guards.js'
import { replyClass, type Reply } from '../../core/reply.js'
import type { HarakaDoes } from './haraka-does.js'

/** `last`: this message's connection is not used for another one. */
export type ConnectionUse = 'kept' | 'reset' | 'last' | 'ends' | 'closed'

export interface ConnectionAfter {
  readonly use: ConnectionUse
  /** What completes "the connection". */
  readonly words: string
}

const WORDS: Readonly<Record<ConnectionUse, string>> = {
  kept: 'may carry further messages',
  reset: 'is reset (RSET) before another message uses it',
  last: 'carries no further message',
  ends: 'ends with QUIT',
  closed: 'is closed at once, without QUIT: the relay server would take it for something else',
}

const BEFORE_TLS: ConnectionAfter = {
  use: 'closed',
  words: 'is closed at once, without QUIT: Haraka sends nothing but EHLO and STARTTLS before TLS',
}

const BEFORE_MAIL: readonly Stage[] = ['greeting', 'ehlo', 'helo', 'lhlo', 'starttls', 'auth']

export interface AfterReply {
  readonly stage: Stage
  readonly real: Reply
  readonly presented: Reply
  readonly consequence: Consequence
  readonly haraka: HarakaDoes
  /** Haraka waits for TLS: it sends EHLO and STARTTLS, and not even QUIT. */
  readonly tlsAwaited: boolean
}

export function connectionAfter(after: AfterReply): ConnectionAfter {
  const { stage, haraka } = after
  if (stage === 'quit') return { use: 'ends', words: 'ends' }
  if (haraka.nextServerFirst)
    return { use: 'ends', words: 'is closed; the one to the last relay server ends with QUIT' }
  // After an EHLO without STARTTLS hmail does send QUIT.
  if (after.tlsAwaited && endsBeforeMail(after) && replyClass(after.presented) !== 2) return BEFORE_TLS
  const use = useAfter(after)
  return { use, words: WORDS[use] }
}

function useAfter({ stage, real, presented, consequence, haraka }: AfterReply): ConnectionUse {
  if (consequence === 'close') return 'closed'
  if (stage === 'rset')
    return replyClass(real) === 2 && replyClass(presented) === 2 && consequence === 'none' ? 'kept' : 'ends'
  // Nothing went over it that another message could follow.
  if (endsBeforeMail({ stage, haraka })) return stage === 'auth' && replyClass(presented) === 3 ? 'closed' : 'ends'
  if (consequence === 'no-reuse') return 'last'
  return consequence === 'reset' || leavesTransaction(stage, real) ? 'reset' : 'kept'
}

/** What was refused there has left a transaction that is not over, or may not be. */
function leavesTransaction(stage: Stage, real: Reply): boolean {
  return (stage === 'data' && replyClass(real) !== 3) || (stage === 'end-of-data' && replyClass(real) !== 2)
}

function endsBeforeMail({ stage, haraka }: Pick<AfterReply, 'stage' | 'haraka'>): boolean {
  return BEFORE_MAIL.includes(stage) && haraka.does !== 'goes on'
}
