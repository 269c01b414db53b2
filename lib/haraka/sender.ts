/**
 * One sender at work: what its script says of a message that is offered, and the queue of those it takes.
 *
 * When the script fails, `on_script_error` says what happens to the message (contract 4).
 */
import { fromBytes } from '../core/byte-string.js'
import type { Envelope } from '../core/filter.js'
import { Scheduler } from '../core/scheduler.js'
import type { Act } from '../core/script-breaker.js'
import type { SenderSettings } from '../core/settings/settings.js'
import { consequenceOf, failureSentence } from '../policy/failure.js'
import { judge, type Refused, type Taken } from '../policy/judge.js'
import type { MessageFacts, ScriptFailure } from '../script/port.js'
import type { Delivery } from './delivery.js'
import { RelayHealth } from './relay-health.js'
import { RelayLinks } from './relay-links.js'
import { ScriptPace } from './script-pace.js'
import { SenderSessions, type SessionDeps } from './sender-sessions.js'
import type { Session } from './session.js'
import type { HMail } from './shapes.js'

/** What a sender says of an offered message. */
export type Verdict = Refused | (Taken & { readonly session: Session; readonly endUse: () => void })

/** A rule must never silently do nothing. */
const NO_SECRET = 'UseBATV is set, but [batv] has neither secret nor secret_file: return paths stay as they are'

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
    const heard = this.#deps.journal.heard()
    this.#pace.asked()
    const judgement = await judge(session.script, this.#settings.script, facts, this.#deps.settings().main, {
      begun: ({ globals }) => {
        if (!session.begun) this.#pace.begun()
        session.begun = true
        session.globals = globals
      },
      failed: (failure) => {
        heard?.failures.push(fromBytes(failure.message))
        this.#noteFailure(failure, session, hmail)
        this.#logFailure(failure, hmail)
      },
      warned: (warning) => {
        heard?.warnings.push(warning)
        this.#warn(warning, hmail)
      },
      remarked: (remark) => this.warnOnce(session, remark),
    })
    this.#pace.answered()
    this.#deps.journal.decision(hmail, this.#settings, session.version, judgement, heard)
    if (!judgement.take && !judgement.held) this.note('skipped', session, hmail)
    // After what was answered, so that shares are those of messages with an answer.
    this.note('asked', session, hmail)
    if (!judgement.take) {
      endUse()
      return judgement
    }
    if (judgement.tag && !this.#deps.settings().batv.signing) this.warnOnce(session, NO_SECRET)
    return { ...judgement, session, endUse }
  }

  /** What a session's script has done with a message. */
  note(act: Act, session: Session, hmail: HMail): void {
    this.#deps.scripts.note(this.#settings.script, session.version, act, this.name, hmail)
  }

  /** A failure that on_script_error is for. */
  failed(failure: ScriptFailure, session: Session, hmail: HMail): void {
    this.#noteFailure(failure, session, hmail)
    this.logFailure(failure, hmail)
  }

  /** A script failure in the log, at most once a minute for the same one, and in the journal. */
  logFailure(failure: ScriptFailure, hmail?: HMail): void {
    this.#deps.journal.failure(this.name, failure, hmail)
    this.#logFailure(failure, hmail)
  }

  #noteFailure(failure: ScriptFailure, session: Session, hmail: HMail): void {
    if (failure.kind !== 'unavailable') this.note('failed', session, hmail)
  }

  #logFailure(failure: ScriptFailure, hmail?: HMail): void {
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
        error: failureSentence(failure, consequenceOf(failure.function, this.#deps.settings().main)),
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

  /** Its messages wait when its script fails. */
  get holdsOnFailure(): boolean {
    return this.#deps.settings().main.onScriptError === 'hold'
  }
}
