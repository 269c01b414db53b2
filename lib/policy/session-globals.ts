import type { SenderSettings, Settings } from '../core/settings/settings.js'
import type { SessionGlobals } from '../script/port.js'

/** What the settings give the globals of a sender's session before its file runs (contract 4). */
export function sessionGlobals({ batv }: Settings, sender: SenderSettings): SessionGlobals {
  return {
    senderId: sender.id,
    senderName: sender.name,
    useBatv: batv.enabled,
    verifyCertificate: sender.verifyCertificate,
    maxMessagesPerConnection: sender.maxMessagesPerConnection,
    maxRecipientsPerConnection: sender.maxRecipientsPerConnection,
    maxRecipientsPerMessage: sender.maxRecipientsPerMessage,
  }
}
