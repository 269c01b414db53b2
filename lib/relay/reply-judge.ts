/**
 * From a real reply to what Haraka is given: the script is asked, its answer parsed and guarded, the change reported.
 *
 * Without a ReturnCodeHandler the answer comes synchronously. It never fails: a script that does leaves the real reply.
 */
import { guardReply, type GuardOptions, type Stage, type Verdict } from '../core/reply-guards.js'
import { fullResponse, lastLine, makeReply, parseRewrite, replyClass, replyTexts, type Reply } from '../core/reply.js'
import type { InvalidReturn, RelayObserver, RewriteEvent } from './relay-observer.js'
import type { SecretRedaction } from './secret-redaction.js'

export class ReplyJudge {
  readonly #observer: RelayObserver
  readonly #guards: GuardOptions
  readonly #secrets: SecretRedaction

  constructor(observer: RelayObserver, guards: GuardOptions, secrets: SecretRedaction) {
    this.#observer = observer
    this.#guards = guards
    this.#secrets = secrets
  }

  /** `command` as ReturnCodeHandler is to see it. Never rejects. */
  judge(stage: Stage, command: string, real: Reply): Verdict | Promise<Verdict> {
    const greeted = stage === 'greeting' ? this.#observer.greeted?.(real) : undefined
    if (!greeted) return this.#ask(stage, command, real)
    const ask = (): Verdict | Promise<Verdict> => this.#ask(stage, command, real)
    return greeted.then(ask, ask)
  }

  #ask(stage: Stage, command: string, real: Reply): Verdict | Promise<Verdict> {
    const shown = stage === 'auth' ? this.#redacted(real) : real
    if (!this.#observer.wantsReplies()) return this.#conclude(stage, command, real, shown, undefined)
    const conclude = (returned?: string): Verdict => this.#conclude(stage, command, real, shown, returned)
    return this.#observer
      .returnCode(command, fullResponse(shown), lastLine(shown))
      .then(conclude, () => conclude(undefined))
  }

  #conclude(stage: Stage, command: string, real: Reply, shown: Reply, answer: string | undefined): Verdict {
    const returned = answer === '' || answer === fullResponse(shown) ? undefined : answer
    const parsed = returned === undefined ? undefined : parseRewrite(returned)
    const invalid: InvalidReturn[] =
      parsed && 'error' in parsed ? [{ kind: 'not-a-reply', sentence: parsed.error }] : []
    const rewritten = parsed && 'reply' in parsed ? parsed.reply : undefined
    // A 3xx of AUTH is a challenge: Haraka needs its very bytes.
    const base = replyClass(real) === 3 ? real : shown
    const verdict = guardReply(stage, base, rewritten, this.#guards)
    const presented = verdict.presented === real ? shown : verdict.presented
    const outcome = verdict.outcome === 'unchanged' && invalid.length > 0 ? 'invalid' : verdict.outcome
    let rewrite: RewriteEvent | undefined
    if (outcome !== 'unchanged') {
      const warnings = [...invalid, ...verdict.warnings]
      rewrite = { stage, command, real: shown, presented, outcome, warnings, returned }
      this.#observer.rewritten(rewrite)
    }
    this.#observer.replied?.({ stage, command, real: shown, presented, rewrite })
    return verdict
  }

  #redacted(reply: Reply): Reply {
    const texts = replyTexts(reply)
    const clean = texts.map((text) => this.#secrets.redact(text))
    return clean.every((text, i) => text === texts[i]) ? reply : makeReply(reply.code, ...clean)
  }
}
