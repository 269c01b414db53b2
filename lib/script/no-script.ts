/**
 * The session of a script that has nothing in it: no callback, no engine, no thread.
 */
import type { ScriptSession, SessionGlobals } from './port.js'

export function openNoScript(globals: SessionGlobals): ScriptSession {
  const absent = (): Promise<never> => Promise.reject(new Error('an empty script has no callbacks'))
  return {
    started: Promise.resolve({ globals, useBatv: globals.useBatv }),
    has: () => false,
    checkFile: absent,
    returnCode: absent,
    serverConnected: () => Promise.resolve(globals),
    modifyReturnPath: absent,
    serverDetails: absent,
    close: () => undefined,
  }
}
