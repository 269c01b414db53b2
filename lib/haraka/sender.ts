/**
 * One sender at work: what its script says of a message that is offered, and the queue of those it takes.
 *
 * When the script fails, `on_script_error` says what happens to the message (contract 4).
 */
import { fromBytes } from '../core/byte-string.js'
import { type Decision, decide } from '../core/decision.js'
import type { Envelope } from '../core/filter.js'
import { Scheduler } from '../core/scheduler.js'
import type { Act } from '../core/script-breaker.js'
import type { MainSettings, SenderSettings } from '../core/settings/settings.js'
import { type Callback, type MessageFacts, ScriptError, type ScriptFailure } from '../script/port.js'
import type { Delivery } from './delivery.js'
import { RelayHealth } from './relay-health.js'
import { RelayLinks } from './relay-links.js'
import { ScriptPace } from './script-pace.js'
import { failureSentence } from './scripts.js'
import { SenderSessions, type SessionDeps } from './sender-sessions.js'
import type { Session } from './session.js'
import type { HMail } from './shapes.js'

/** What a sender says of an offered message. */
export type Verdict =
  | {
      readonly take: true
      readonly decision: Decision
      readonly session: Session
      /** Its return path is to be tagged. */
      readonly tag: boolean
      readonly endUse: () => void
    }
  | {
      readonly take: false
      readonly reason: string
      readonly retrySeconds: number
      /** The script failed and its mail is held: no other sender is asked. */
      readonly held: boolean
    }

/** A rule must never silently do nothing. */
const NO_SECRET = 'UseBATV is set, but [batv] has neither secret nor secret_file: return paths stay as they are'

/** Of a script that has no CheckFile, or whose failure is to change nothing. */
const SEND_AS_USUAL: Decision = decide({
  SkipSend: false,
  Reason: '',
  Priority: undefined,
  RetryAfter: undefined,
  ForceLastTry: false,
})

export class Sender {
  readonly scheduler: Scheduler<Delivery>
  readonly links: RelayLinks
  readonly relays: RelayHealth
  readonly #pace: ScriptPace
  readonly #deps: SessionDeps
  #settings: SenderSettings
  readonly #sessions: SenderSessions

  constructor(deps: SessionDeps, settings: SenderSettings) {
    this.#deps = deps
    this.#settings = settings
    this.#pace = new ScriptPace(deps.clock)
    this.links = new RelayLinks({ clock: deps.clock, idleTimeoutMs: () => this.#settings.idleTimeoutMs })
    this.relays = new RelayHealth({
      clock: deps.clock,
      log: deps.log,
      links: this.links,
      sender: () => this.#settings,
      changed: () => this.scheduler.refresh(),
    })
    this.scheduler = new Scheduler<Delivery>({
      clock: deps.clock,
      slots: () => this.relays.slots(this.#settings.maxConnections),
      collectMs: () => deps.settings().main.collectMs,
      order: () => this.#settings.order,
      slow: () => this.slow,
      start: (delivery) => delivery.start(),
    })
    // A session that follows another under load holds nothing back: what waits has been through CheckFile.
    const fromIdle = (): boolean => this.scheduler.waiting + this.scheduler.running === 0
    this.#sessions = new SenderSessions(
      deps,
      () => this.#settings,
      () => fromIdle() && this.scheduler.collect(),
    )
  }

  get settings(): SenderSettings {
    return this.#settings
  }

  get name(): string {
    return this.#settings.name
  }

  /** Its script does not keep up with what it is asked. */
  get slow(): boolean {
    return this.#pace.slow
  }

  isFor(envelope: Envelope): boolean {
    return this.#settings.filter.matches(envelope)
  }

  /** Asks CheckFile. Never rejects. */
  async check(facts: MessageFacts, hmail: HMail): Promise<Verdict> {
    const session = this.#sessions.current()
    const endUse = session.use()
    let tag = this.#deps.settings().batv.enabled
    const take = (decision: Decision): Verdict => {
      if (tag && !this.#deps.settings().batv.signing) this.warnOnce(session, NO_SECRET)
      return { take: true, decision, session, tag, endUse }
    }
    this.#pace.asked()
    try {
      const begun = await session.script.started
      if (!session.begun) this.#pace.begun()
      session.begun = true
      session.globals = begun.globals
      tag = begun.useBatv
      const failure = begun.topLevel ?? begun.start
      if (failure) {
        this.failed(failure, session, hmail)
        if (this.holdsOnFailure) return this.#hold(failure, endUse)
      }
      if (!session.script.has('CheckFile')) return take(SEND_AS_USUAL)

      const answer = await session.script.checkFile(facts)
      if (!answer.returned) this.warnOnce(session, 'CheckFile returned nothing: Actions is taken as it left it')
      tag = answer.useBatv
      const decision = decide(answer.actions)
      for (const warning of decision.warnings) this.#warn(warning, hmail)
      if (!decision.skip) return take(decision)
      this.note('skipped', session, hmail)
      endUse()
      return {
        take: false,
        reason: fromBytes(decision.reason) || 'the script gave no reason',
        retrySeconds: decision.retryAfterSeconds ?? this.#deps.settings().main.skipRetrySeconds,
        held: false,
      }
    } catch (error) {
      const failure = failureOf(error, 'CheckFile', this.#settings.script)
      this.failed(failure, session, hmail)
      return this.holdsOnFailure ? this.#hold(failure, endUse) : take(SEND_AS_USUAL)
    } finally {
      this.#pace.answered()
      // After what was answered, so that shares are those of messages with an answer.
      this.note('asked', session, hmail)
    }
  }

  /** What a session's script has done with a message. */
  note(act: Act, session: Session, hmail: HMail): void {
    this.#deps.scripts.note(this.#settings.script, session.version, act, this.name, hmail)
  }

  /** A failure that on_script_error is for. */
  failed(failure: ScriptFailure, session: Session, hmail: HMail): void {
    if (failure.kind !== 'unavailable') this.note('failed', session, hmail)
    this.logFailure(failure, hmail)
  }

  /** A script failure in the log: at most once a minute for the same one. */
  logFailure(failure: ScriptFailure, hmail?: HMail): void {
    const { kind, message, file, line, traceback } = failure
    this.#deps.log.failure(
      { place: `${this.name}\n${failure.function}`, text: message },
      'error',
      'script',
      {
        sender: this.name,
        function: failure.function,
        file,
        line,
        kind,
        error: failureSentence(failure, this.#done(failure.function)),
        traceback: fromBytes(traceback) || undefined,
      },
      hmail,
    )
  }

  /** New settings of the same sender: new work begins under a new session. */
  configure(settings: SenderSettings): void {
    this.#settings = settings
    this.#retire()
    this.relays.forget()
    this.scheduler.refresh()
  }

  scriptReplaced(name: string): void {
    if (name === this.#settings.script) this.#retire()
  }

  close(): void {
    this.links.close()
    this.#sessions.retire()
    this.relays.forget()
    this.scheduler.close()
  }

  /** The connections first: the script is to see the replies to their QUIT. */
  #retire(): void {
    this.links.retire()
    this.#sessions.retire()
  }

  #warn(warning: string, hmail: HMail): void {
    const failure = { place: `${this.name}\nwarning`, text: warning }
    this.#deps.log.failure(failure, 'warn', 'script', { sender: this.name, warning }, hmail)
  }

  /** Said once in a session. */
  warnOnce(session: Session, warning: string): void {
    if (session.warned.has(warning)) return
    session.warned.add(warning)
    this.#deps.log.event('warn', 'script', { sender: this.name, script: this.#settings.script, warning })
  }

  /** What a failure of the function means for the message. */
  #done(name: string): string {
    if (name === 'ReturnCodeHandler') return 'The reply of the relay server stands'
    if (name === 'ServerConnected') return 'The connection is used as it is'
    if (this.holdsOnFailure) return whenFailing(this.#deps.settings().main)
    if (name === 'ModifyReturnPath') return 'The message is sent with the return path that it would have without'
    if (name === 'ServerDetails') return 'The connection is made as the settings say'
    if (name === 'main chunk') return 'Its messages are sent as if there were no script'
    return whenFailing(this.#deps.settings().main)
  }

  /** Its messages wait when its script fails. */
  get holdsOnFailure(): boolean {
    return this.#deps.settings().main.onScriptError === 'hold'
  }

  #hold(failure: ScriptFailure, endUse: () => void): Verdict {
    endUse()
    return {
      take: false,
      reason: fromBytes(failure.message),
      retrySeconds: this.#deps.settings().main.skipRetrySeconds,
      held: true,
    }
  }
}

/** What the failure of a script means for its messages, as a sentence. */
export function whenFailing({ onScriptError, skipRetrySeconds }: MainSettings): string {
  return onScriptError === 'hold'
    ? `Its messages are held, and tried again after ${skipRetrySeconds} s`
    : 'Its messages are sent as if the function were not there'
}

/** A failure of the script as it is, and anything else as a failure of the engine: neither may cost a message. */
export function failureOf(error: unknown, callback: Callback, file: string): ScriptFailure {
  if (error instanceof ScriptError) return error.failure
  return { kind: 'unavailable', message: String(error), file, function: callback, traceback: '' }
}
