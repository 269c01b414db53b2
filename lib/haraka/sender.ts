/**
 * One sender at work: its settings, its session of the script, its queue.
 *
 * A session begins when there is work and none is open, and ends after `session_idle` without work, after
 * `session_max_age`, or when the script or the sender's settings changed; messages already taken keep theirs
 * (contract 4). When the script fails, `on_script_error` says what happens to the message.
 */
import { fromBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import { type Decision, decide } from '../core/decision.js'
import type { Envelope } from '../core/filter.js'
import { Scheduler } from '../core/scheduler.js'
import type { Settings, SenderSettings } from '../core/settings/settings.js'
import { openNoScript } from '../script/no-script.js'
import {
  type Callback,
  type ConnectionGlobals,
  type MessageFacts,
  ScriptError,
  type ScriptFailure,
  type SessionGlobals,
} from '../script/port.js'
import type { Delivery } from './delivery.js'
import type { EventLog } from './event-log.js'
import type { ScriptPorts } from './script-ports.js'
import type { Scripts } from './scripts.js'
import { Session } from './session.js'
import type { HMail } from './shapes.js'

export interface SenderDeps {
  readonly clock: Clock
  readonly log: EventLog
  readonly scripts: Scripts
  readonly ports: ScriptPorts
  settings(): Settings
}

/** What a sender says of an offered message. */
export type Verdict =
  | { readonly take: true; readonly decision: Decision; readonly session: Session; readonly endUse: () => void }
  | {
      readonly take: false
      readonly reason: string
      readonly retrySeconds: number
      /** The script failed and its mail is held: no other sender is asked. */
      readonly held: boolean
    }

/** A rule must never silently do nothing. */
const NOT_YET = {
  ModifyReturnPath: 'this version does not call ModifyReturnPath yet: return paths stay as they are',
  limits: 'this version does not carry out the Max… globals yet: one message goes over each connection',
  UseBATV: 'this version does not carry out UseBATV yet: return paths stay as they are',
}

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
  readonly #deps: SenderDeps
  #settings: SenderSettings
  #session: Session | undefined
  #cancelIdle: () => void = () => undefined

  constructor(deps: SenderDeps, settings: SenderSettings) {
    this.#deps = deps
    this.#settings = settings
    this.scheduler = new Scheduler<Delivery>({
      clock: deps.clock,
      slots: () => this.#settings.maxConnections,
      collectMs: () => deps.settings().main.collectMs,
      order: () => this.#settings.order,
      start: (delivery) => delivery.start(),
    })
  }

  get settings(): SenderSettings {
    return this.#settings
  }

  get name(): string {
    return this.#settings.name
  }

  isFor(envelope: Envelope): boolean {
    return this.#settings.filter.matches(envelope)
  }

  /** Asks CheckFile. Never rejects. */
  async check(facts: MessageFacts, hmail: HMail): Promise<Verdict> {
    const session = this.#openSession()
    const endUse = session.use()
    const take = (decision: Decision): Verdict => ({ take: true, decision, session, endUse })
    try {
      const begun = await session.script.started
      if (limitsDiffer(session.globals, begun.globals)) this.#warnOncePerSession(session, NOT_YET.limits)
      session.globals = begun.globals
      const failure = begun.topLevel ?? begun.start
      if (failure) {
        this.logFailure(failure, hmail)
        if (this.#holdsOnFailure()) return this.#hold(failure, endUse)
      }
      if (session.script.has('ModifyReturnPath')) this.#warnOncePerSession(session, NOT_YET.ModifyReturnPath)
      if (!session.script.has('CheckFile')) return take(SEND_AS_USUAL)

      const answer = await session.script.checkFile(facts)
      if (!answer.returned)
        this.#warnOncePerSession(session, 'CheckFile returned nothing: Actions is taken as it left it')
      if (answer.useBatv) this.#warnOncePerSession(session, NOT_YET.UseBATV)
      const decision = decide(answer.actions)
      for (const warning of decision.warnings) this.#warn(warning, hmail)
      if (!decision.skip) return take(decision)
      endUse()
      return {
        take: false,
        reason: fromBytes(decision.reason) || 'the script gave no reason',
        retrySeconds: decision.retryAfterSeconds ?? this.#deps.settings().main.skipRetrySeconds,
        held: false,
      }
    } catch (error) {
      const failure = failureOf(error, 'CheckFile', this.#settings.script)
      this.logFailure(failure, hmail)
      return this.#holdsOnFailure() ? this.#hold(failure, endUse) : take(SEND_AS_USUAL)
    }
  }

  /** A script failure in the log: at most once a minute for the same one. */
  logFailure(failure: ScriptFailure, hmail?: HMail): void {
    const { kind, message, file, line, traceback } = failure
    this.#deps.log.failure(
      `${this.name}\n${failure.function}\n${message}`,
      'error',
      'script',
      {
        sender: this.name,
        function: failure.function,
        file,
        line,
        kind,
        error: fromBytes(message),
        traceback: fromBytes(traceback) || undefined,
      },
      hmail,
    )
  }

  /** New settings of the same sender: new work begins under a new session. */
  configure(settings: SenderSettings): void {
    this.#settings = settings
    this.#retire()
    this.scheduler.refresh()
  }

  scriptReplaced(name: string): void {
    if (name === this.#settings.script) this.#retire()
  }

  close(): void {
    this.#retire()
    this.scheduler.close()
  }

  /** The next message begins a new session. */
  #retire(): void {
    this.#cancelIdle()
    const session = this.#session
    this.#session = undefined
    session?.retire()
  }

  #openSession(): Session {
    const now = this.#deps.clock.now()
    const { sessionMaxAgeMs } = this.#deps.settings().main
    this.#cancelIdle()
    if (this.#session && now - this.#session.openedMs >= sessionMaxAgeMs) this.#retire()
    if (this.#session) return this.#session

    const source = this.#deps.scripts.current(this.#settings.script)
    const globals = this.#globals()
    const script =
      source.bytes.length === 0 ? openNoScript(globals) : this.#deps.ports.open(source, globals, this.#events())
    const session = new Session({
      script,
      version: source.version,
      openedMs: now,
      globals,
      idle: () => this.#awaitIdle(session),
      ended: () => this.#log(session, 'end'),
    })
    this.#session = session
    // A session that follows another under load holds nothing back: what waits has been through CheckFile.
    if (this.scheduler.waiting + this.scheduler.running === 0) this.scheduler.collect()
    this.#log(session, 'begin')
    return session
  }

  #awaitIdle(session: Session): void {
    if (session !== this.#session) return
    this.#cancelIdle = this.#deps.clock.after(this.#deps.settings().main.sessionIdleMs, () => {
      if (!session.inUse && session === this.#session) this.#retire()
    })
  }

  #log(session: Session, event: 'begin' | 'end'): void {
    this.#deps.log.event('notice', 'session', {
      event,
      sender: this.name,
      script: this.#settings.script,
      version: session.version,
      messages: event === 'end' ? session.started : undefined,
    })
  }

  #globals(): SessionGlobals {
    const sender = this.#settings
    return {
      senderId: sender.id,
      senderName: sender.name,
      useBatv: this.#deps.settings().batv.enabled,
      verifyCertificate: sender.verifyCertificate,
      maxMessagesPerConnection: sender.maxMessagesPerConnection,
      maxRecipientsPerConnection: sender.maxRecipientsPerConnection,
      maxRecipientsPerMessage: sender.maxRecipientsPerMessage,
    }
  }

  #events(): { print(line: string): void; warning(message: string): void } {
    const { name, script } = this.#settings
    return {
      print: (line) => this.#deps.log.event('info', 'print', { sender: name, script, text: fromBytes(line) }),
      warning: (message) =>
        this.#deps.log.event('warn', 'script', { sender: name, script, warning: fromBytes(message) }),
    }
  }

  #warn(warning: string, hmail: HMail): void {
    this.#deps.log.failure(`${this.name}\n${warning}`, 'warn', 'script', { sender: this.name, warning }, hmail)
  }

  #warnOncePerSession(session: Session, warning: string): void {
    if (session.warned.has(warning)) return
    session.warned.add(warning)
    this.#deps.log.event('warn', 'script', { sender: this.name, script: this.#settings.script, warning })
  }

  #holdsOnFailure(): boolean {
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

function limitsDiffer(a: ConnectionGlobals, b: ConnectionGlobals): boolean {
  return (
    a.maxMessagesPerConnection !== b.maxMessagesPerConnection ||
    a.maxRecipientsPerConnection !== b.maxRecipientsPerConnection ||
    a.maxRecipientsPerMessage !== b.maxRecipientsPerMessage
  )
}

/** A failure of the script as it is, and anything else as a failure of the engine: neither may cost a message. */
export function failureOf(error: unknown, callback: Callback, file: string): ScriptFailure {
  if (error instanceof ScriptError) return error.failure
  return { kind: 'unavailable', message: String(error), file, function: callback, traceback: '' }
}
