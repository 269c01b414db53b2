/** What each callback is passed (contract 4, 6 and 7), and the fields of the tables among it that are known by name. */
import type { RawActions } from '../core/decision.js'
import type { Callback } from '../script/port.js'

export const PARAMETERS: Readonly<Record<Callback, readonly string[]>> = {
  Start: [],
  CheckFile: words(
    'Filename Actions Size CreationTime ReturnPath Recipients HeaderData HeaderLines Retries LastTryTime',
  ),
  ServerDetails: words('Parameters HeaderLines Actions'),
  ServerConnected: [],
  ReturnCodeHandler: words('LastCommand FullResponse LastLine'),
  ModifyReturnPath: words(
    'ComputedMailFrom MailFrom OriginalMailFrom AuthSender Recipients CreationTime Headers Size SenderIP Subject ' +
      'AllRecipients',
  ),
}

/** Those of the parameters that are tables. */
export const TABLES: ReadonlySet<string> = new Set(
  words('Actions Recipients HeaderData HeaderLines Parameters Headers AllRecipients'),
)

const CHECK_FILE_ACTIONS: Record<keyof RawActions, true> = {
  SkipSend: true,
  Reason: true,
  Priority: true,
  RetryAfter: true,
  ForceLastTry: true,
}

/** The fields of the Actions that a callback is passed. */
export const ACTIONS: Partial<Record<Callback, readonly string[]>> = {
  CheckFile: Object.keys(CHECK_FILE_ACTIONS),
  ServerDetails: ['tryTLS', 'forceTLS'],
}

/** The fields of ServerDetails' Parameters. */
export const PARAMETER_FIELDS = words('server domain originator authsender length connection connid connnid')

/** The declaration with its first `count` parameters. */
export function declarationOf(callback: Callback, count: number): string {
  return `${callback}(${PARAMETERS[callback].slice(0, count).join(', ')})`
}

function words(text: string): string[] {
  return text.split(' ')
}
