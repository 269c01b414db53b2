/**
 * What a relay connection tells the rest of the plugin, and the one question it asks: what the script makes of a reply.
 *
 * All texts are byte strings. None of them holds a secret: commands of AUTH are cut to `AUTH <mechanism>`, and replies
 * to them have the credentials replaced by `***`.
 */
import type { GuardOutcome, GuardWarning, Stage } from '../core/reply-guards.js'
import type { Reply } from '../core/reply.js'

export interface RewriteEvent {
  readonly stage: Stage
  /** As ReturnCodeHandler saw it. */
  readonly command: string
  readonly real: Reply
  readonly presented: Reply
  /** `invalid`: what the script returned is no reply; the real one stands. Never `unchanged`. */
  readonly outcome: Exclude<GuardOutcome, 'unchanged'> | 'invalid'
  readonly warnings: readonly (GuardWarning | InvalidReturn)[]
  /** What the script returned, when it returned a string. */
  readonly returned: string | undefined
}

/** Why what the script returned is no reply. */
export interface InvalidReturn {
  readonly kind: 'not-a-reply'
  readonly sentence: string
}

export interface ReplyEvent {
  readonly stage: Stage
  readonly command: string
  readonly real: Reply
  readonly presented: Reply
  /** Undefined: it was not changed, and was not to be. */
  readonly rewrite: RewriteEvent | undefined
}

export interface RelayObserver {
  /** False when there is no ReturnCodeHandler: replies then pass without a turn of the event loop. */
  wantsReplies(): boolean
  /** ReturnCodeHandler's string, or undefined. Failures are dealt with there; a rejection counts as undefined. */
  returnCode(lastCommand: string, fullResponse: string, lastLine: string): Promise<string | undefined>
  /** A reply that was changed, refused or adjusted, for the log. */
  rewritten(event: RewriteEvent): void
  /** Something the administrator should read, one sentence. `often`: it may come with every message. */
  warning(sentence: string, often?: boolean): void
  /** Every reply of the relay server, after the decision; for counters and traces. */
  replied?(event: ReplyEvent): void
  /**
   * The relay server has greeted, before ReturnCodeHandler sees the greeting: the place for ServerConnected. What it
   * returns is waited for.
   */
  greeted?(greeting: Reply): Promise<unknown> | undefined
}
