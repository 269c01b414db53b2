/**
 * The sessions of one sender, one after the other: a session begins when there is work and none is open, and ends after
 * `session_idle` without work, after `session_max_age`, or when it is retired because the script or the settings
 * changed. Messages already taken keep theirs (contract 4).
 */
import { fromBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import { openNoScript } from '../script/no-script.js'
import { sessionGlobals } from '../policy/session-globals.js'
import type { SessionEvents } from '../script/port.js'
import type { EventLog } from './event-log.js'
import type { Journal } from './journal.js'
import type { ScriptPorts } from './script-ports.js'
import type { Scripts } from './scripts.js'
import { Session } from './session.js'

export interface SessionDeps {
  readonly clock: Clock
  readonly log: EventLog
  readonly journal: Journal
  readonly scripts: Scripts
  readonly ports: ScriptPorts
  settings(): Settings
}

export class SenderSessions {
  readonly #deps: SessionDeps
  readonly #sender: () => SenderSettings
  readonly #begun: () => void
  #current: Session | undefined
  #cancelIdle: () => void = () => undefined

  /** `begun` is called when a session begins. */
  constructor(deps: SessionDeps, sender: () => SenderSettings, begun: () => void) {
    this.#deps = deps
    this.#sender = sender
    this.#begun = begun
  }

  /** The session for new work; it begins if none is open. */
  current(): Session {
    const { sessionMaxAgeMs } = this.#deps.settings().main
    this.#cancelIdle()
    if (this.#current && this.#deps.clock.monotonicMs() - this.#current.openedMs >= sessionMaxAgeMs) this.retire()
    this.#current ??= this.#begin()
    return this.#current
  }

  /** New work begins under a new session. */
  retire(): void {
    this.#cancelIdle()
    const session = this.#current
    this.#current = undefined
    session?.retire()
  }

  #begin(): Session {
    const source = this.#deps.scripts.current(this.#sender().script)
    const globals = sessionGlobals(this.#deps.settings(), this.#sender())
    const empty = source.bytes.length === 0
    const session = new Session({
      script: empty ? openNoScript(globals) : this.#deps.ports.open(source, globals, this.#events()),
      version: source.version,
      openedMs: this.#deps.clock.monotonicMs(),
      globals,
      idle: () => this.#awaitIdle(session),
      ended: () => this.#log(session, 'end'),
    })
    this.#begun()
    this.#log(session, 'begin')
    return session
  }

  #awaitIdle(session: Session): void {
    if (session !== this.#current) return
    this.#cancelIdle = this.#deps.clock.after(this.#deps.settings().main.sessionIdleMs, () => {
      if (session === this.#current) this.retire()
    })
  }

  #log(session: Session, event: 'begin' | 'end'): void {
    const { name, script } = this.#sender()
    const { version } = session
    const messages = event === 'end' ? session.started : undefined
    this.#deps.log.event('notice', 'session', { event, sender: name, script, version, messages })
    this.#deps.journal.session(event, name, script, version, messages)
  }

  #events(): SessionEvents {
    const { name, script } = this.#sender()
    const { log, journal } = this.#deps
    return {
      print: (line) => {
        log.event('info', 'print', { sender: name, script, text: fromBytes(line) })
        journal.print(name, script, line)
      },
      warning: (message) => log.event('warn', 'script', { sender: name, script, warning: fromBytes(message) }),
    }
  }
}
