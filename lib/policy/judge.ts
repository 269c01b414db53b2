/**
 * What a sender's script says of a message (contract 3 and 4): whether the sender takes it, and how.
 *
 * When the script fails, `on_script_error` says what happens to the message.
 */
import { fromBytes } from '../core/byte-string.js'
import { type Decision, decide } from '../core/decision.js'
import type { MainSettings } from '../core/settings/settings.js'
import { type MessageFacts, type ScriptFailure, type ScriptSession, type SessionStart } from '../script/port.js'
import { failureOf } from './failure.js'

export type Judgement = Taken | Refused

export interface Taken {
  readonly take: true
  readonly decision: Decision
  /** Its return path is to be tagged. */
  readonly tag: boolean
}

export interface Refused {
  readonly take: false
  readonly reason: string
  readonly retrySeconds: number
  /** The script failed and its mail is held: no other sender is asked. */
  readonly held: boolean
}

/** What there is to hear besides the answer. */
export interface Hearing {
  /** The session has begun; with each message. */
  begun(start: SessionStart): void
  failed(failure: ScriptFailure): void
  /** A value of this message's that could not be used. */
  warned(warning: string): void
  /** Something that holds for the session, and is to be said once in it. */
  remarked(remark: string): void
}

const RETURNED_NOTHING = 'CheckFile returned nothing: Actions is taken as it left it'

/** Of a script that has no CheckFile, or whose failure is to change nothing. */
const SEND_AS_USUAL: Decision = decide({
  SkipSend: false,
  Reason: '',
  Priority: undefined,
  RetryAfter: undefined,
  ForceLastTry: false,
})

/** Asks CheckFile. `script`: the file's name. Never rejects. */
export async function judge(
  session: ScriptSession,
  script: string,
  facts: MessageFacts,
  main: MainSettings,
  hearing: Hearing,
): Promise<Judgement> {
  const { started } = session
  const begun = await started
  hearing.begun(begun)
  const failed = (failure: ScriptFailure): Judgement => {
    hearing.failed(failure)
    return main.onScriptError === 'hold' ? held(failure, main) : usual
  }
  const usual: Judgement = { take: true, decision: SEND_AS_USUAL, tag: begun.useBatv }
  const failure = begun.topLevel ?? begun.start
  if (failure) {
    const judgement = failed(failure)
    if (!judgement.take) return judgement
  }
  if (!session.has('CheckFile')) return usual
  try {
    const answer = await session.checkFile(facts)
    if (!answer.returned) hearing.remarked(RETURNED_NOTHING)
    const decision = decide(answer.actions)
    for (const warning of decision.warnings) hearing.warned(warning)
    if (!decision.skip) return { take: true, decision, tag: answer.useBatv }
    return {
      take: false,
      reason: fromBytes(decision.reason) || 'the script gave no reason',
      retrySeconds: decision.retryAfterSeconds ?? main.skipRetrySeconds,
      held: false,
    }
  } catch (error) {
    return failed(failureOf(error, 'CheckFile', script))
  }
}

function held(failure: ScriptFailure, main: MainSettings): Refused {
  return { take: false, reason: fromBytes(failure.message), retrySeconds: main.skipRetrySeconds, held: true }
}
