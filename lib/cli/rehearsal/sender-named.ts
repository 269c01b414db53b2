import { relayoutError } from '../../core/errors.js'
import type { SenderSettings } from '../../core/settings/settings.js'

/** Throws a RelayoutError where there is none of that name. */
export function senderNamed(senders: readonly SenderSettings[], name: string): SenderSettings {
  const found = senders.find((sender) => sender.name === name)
  if (found) return found
  throw relayoutError('RELAYOUT_E_NO_SENDER', { name, names: senders.map((sender) => sender.name).join(', ') })
}
