/**
 * One open session of a sender's script, and how long it lives (contract 4).
 *
 * Messages taken under a session keep it until their attempt is over; it is closed when it is retired and nobody uses
 * it any more.
 */
import type { Callback, ConnectionGlobals, ScriptSession } from '../script/port.js'

export class Session {
  readonly script: ScriptSession
  readonly version: string
  readonly openedMs: number
  /** Its file and Start have run. */
  begun = false
  /** As they stand after Start; the settings' before. */
  globals: ConnectionGlobals
  /** Messages started under this session. */
  started = 0
  /** Remarks that have been logged. */
  readonly warned = new Set<string>()
  #users = 0
  #holders = 0
  #retired = false
  #over = false
  readonly #idle: (session: Session) => void
  readonly #ended: (session: Session) => void

  constructor(options: {
    readonly script: ScriptSession
    readonly version: string
    readonly openedMs: number
    /** The settings'. */
    readonly globals: ConnectionGlobals
    /** Nobody uses the session at the moment. */
    readonly idle: (session: Session) => void
    /** The session is over. */
    readonly ended: (session: Session) => void
  }) {
    this.script = options.script
    this.version = options.version
    this.openedMs = options.openedMs
    this.globals = options.globals
    this.#idle = options.idle
    this.#ended = options.ended
  }

  /** Its script has the function and can be asked. */
  has(callback: Callback): boolean {
    return !this.#over && this.script.has(callback)
  }

  /** Someone uses the session until the returned function is called. */
  use(): () => void {
    this.#users++
    let used = true
    return () => {
      if (!used) return
      used = false
      this.#users--
      if (this.#users > 0) return
      if (this.#retired) this.#endUnlessHeld()
      else this.#idle(this)
    }
  }

  /** Someone needs the session until the returned function is called; that is no work that keeps it from being idle. */
  hold(): () => void {
    this.#holders++
    return () => {
      this.#holders--
      if (this.#retired) this.#endUnlessHeld()
    }
  }

  /** No new message comes under this session. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#endUnlessHeld()
  }

  #endUnlessHeld(): void {
    if (this.#over || this.#users > 0 || this.#holders > 0) return
    this.#over = true
    this.script.close()
    this.#ended(this)
  }
}
