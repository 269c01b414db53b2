/**
 * A session as a connection sees it, without a script engine: its limits, and ReturnCodeHandler where there is one.
 */
import type { Session } from '../../lib/haraka/session.js'
import type { ConnectionGlobals, ScriptSession } from '../../lib/script/port.js'

/** Undefined: the script has no ReturnCodeHandler. */
export function sessionDouble(
  globals: ConnectionGlobals,
  returnCode: ScriptSession['returnCode'] | undefined,
): Session {
  const has = (callback: string): boolean => callback === 'ReturnCodeHandler' && returnCode !== undefined
  return {
    has,
    globals,
    hold: () => () => undefined,
    script: {
      has,
      serverConnected: () => Promise.resolve(globals),
      returnCode,
    },
  } as unknown as Session
}
