/**
 * ServerDetails: how one message's connection to one relay server is to be encrypted, by the script. The settings' `tls`
 * holds where it says nothing.
 */
import { toBytes } from '../core/byte-string.js'
import type { TlsMode } from '../core/settings/settings.js'
import type { TlsWish } from '../script/port.js'
import { failureOf } from '../policy/failure.js'
import { originOf } from './origin.js'
import { messageFile, returnPathOf } from '../policy/queue-item.js'
import { serverName } from './relay-servers.js'
import type { Sender } from './sender.js'
import type { Session } from './session.js'
import type { HarakaMx, HMail } from './shapes.js'

export interface ConnectionWanted {
  readonly hmail: HMail
  readonly sender: Sender
  readonly session: Session
  readonly mx: HarakaMx
  /** The settings'. */
  readonly tls: TlsMode
}

/** The script failed, and its messages are to be held: why. */
export interface Held {
  readonly held: string
}

const WISHES: Readonly<Record<TlsMode, TlsWish>> = {
  none: { tryTls: false, forceTls: false },
  available: { tryTls: true, forceTls: false },
  required: { tryTls: true, forceTls: true },
  implicit: { tryTls: true, forceTls: true },
}

const WITHOUT_EFFECT = 'ServerDetails: with tls = implicit, TLS comes before anything else: its answer changes nothing'

/** Never rejects. */
export function tlsMode(wanted: ConnectionWanted): TlsMode | Promise<TlsMode | Held> {
  const { session, tls } = wanted
  return session.has('ServerDetails') ? asked(wanted) : tls
}

async function asked({ hmail, sender, session, mx, tls }: ConnectionWanted): Promise<TlsMode | Held> {
  const wish = WISHES[tls]
  try {
    const answer = await session.script.serverDetails({
      ...messageFile(hmail),
      authSender: originOf(hmail).authSender,
      returnPath: returnPathOf(hmail),
      server: toBytes(serverName(mx)),
      domain: toBytes(hmail.todo.domain),
      tls: wish,
    })
    const changed = answer.tryTls !== wish.tryTls || answer.forceTls !== wish.forceTls
    if (!changed) return tls
    if (tls === 'implicit') {
      sender.warnOnce(session, WITHOUT_EFFECT)
      return tls
    }
    if (answer.forceTls) return 'required'
    return answer.tryTls ? 'available' : 'none'
  } catch (error) {
    const failure = failureOf(error, 'ServerDetails', sender.settings.script)
    sender.failed(failure, session, hmail)
    return sender.holdsOnFailure ? { held: failure.message } : tls
  }
}
