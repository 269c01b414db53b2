/**
 * The script port in force. Its limits are set when its thread starts: new limits mean a new port, and the one before
 * is closed when its last session has ended, so that no message loses its session.
 */
import type {
  ScriptFailure,
  ScriptLimits,
  ScriptPort,
  ScriptSession,
  ScriptSource,
  SessionEvents,
  SessionGlobals,
} from '../script/port.js'

interface Used {
  readonly port: ScriptPort
  readonly limits: ScriptLimits
  sessions: number
}

export class ScriptPorts {
  readonly #create: (limits: ScriptLimits) => ScriptPort
  readonly #limits: () => ScriptLimits
  #inForce: Used | undefined

  /** `limits`: as the settings have them now. */
  constructor(create: (limits: ScriptLimits) => ScriptPort, limits: () => ScriptLimits) {
    this.#create = create
    this.#limits = limits
  }

  async check(source: ScriptSource, globals: SessionGlobals): Promise<ScriptFailure | undefined> {
    const used = this.#use()
    used.sessions++
    try {
      return await used.port.check(source, globals)
    } finally {
      used.sessions--
      this.#closeUnused(used)
    }
  }

  open(source: ScriptSource, globals: SessionGlobals, events: SessionEvents): ScriptSession {
    const used = this.#use()
    const session = used.port.open(source, globals, events)
    used.sessions++
    let open = true
    return {
      started: session.started,
      has: (callback) => session.has(callback),
      checkFile: (message) => session.checkFile(message),
      returnCode: (...reply) => session.returnCode(...reply),
      serverConnected: (server) => session.serverConnected(server),
      modifyReturnPath: (facts) => session.modifyReturnPath(facts),
      serverDetails: (facts) => session.serverDetails(facts),
      close: () => {
        session.close()
        if (open) used.sessions--
        open = false
        this.#closeUnused(used)
      },
    }
  }

  #use(): Used {
    const limits = this.#limits()
    const before = this.#inForce
    if (before?.limits.timeoutMs === limits.timeoutMs && before.limits.memoryMb === limits.memoryMb) {
      return before
    }
    this.#inForce = { port: this.#create(limits), limits, sessions: 0 }
    if (before) this.#closeUnused(before)
    return this.#inForce
  }

  #closeUnused(used: Used): void {
    if (used !== this.#inForce && used.sessions === 0) void used.port.close()
  }
}
