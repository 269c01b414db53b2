/** What the failure of a script is called, and what it means for messages (contract 4, "When the script fails"). */
import { fromBytes } from '../core/byte-string.js'
import { sentence } from '../core/errors.js'
import type { MainSettings } from '../core/settings/settings.js'
import { type Callback, ScriptError, type ScriptFailure } from '../script/port.js'

/** A failure of the script as it is, and anything else as a failure of the engine: neither may cost a message. */
export function failureOf(error: unknown, callback: Callback, file: string): ScriptFailure {
  if (error instanceof ScriptError) return error.failure
  return { kind: 'unavailable', message: String(error), file, function: callback, traceback: '' }
}

/** What went wrong, what was done and what to do; `done` is a sentence without its full stop. */
export function failureSentence({ kind, message }: ScriptFailure, done: string): string {
  return sentence(`RELAYOUT_E_SCRIPT_${upper(kind)}`, { message: fromBytes(message), done })
}

/** What the failure of a script means for its messages, as a sentence. */
export function whenFailing({ onScriptError, skipRetrySeconds }: MainSettings): string {
  return onScriptError === 'hold'
    ? `Its messages are held, and tried again after ${skipRetrySeconds} s`
    : 'Its messages are sent as if the function were not there'
}

/** What a failure of that function means. */
export function consequenceOf(callback: string, main: MainSettings): string {
  if (callback === 'ReturnCodeHandler') return 'The reply of the relay server stands'
  if (callback === 'ServerConnected') return 'The connection is used as it is'
  if (main.onScriptError === 'hold') return whenFailing(main)
  if (callback === 'ModifyReturnPath') return 'The message is sent with the return path that it would have without'
  if (callback === 'ServerDetails') return 'The connection is made as the settings say'
  if (callback === 'main chunk') return 'Its messages are sent as if there were no script'
  return whenFailing(main)
}

const upper = <Text extends string>(text: Text): Uppercase<Text> => text.toUpperCase() as Uppercase<Text>
