/**
 * What a delivery socket needs for a delivery that has its connection for itself.
 */
import type { Handshake } from '../../lib/relay/handshake.js'
import type { Envelope } from '../../lib/relay/mail-opening.js'

export function soloDelivery(
  envelope: (mailLine: string) => Envelope = (mailLine) => ({ mailLine, rcptLines: [], pipelined: false }),
) {
  return {
    handshake: {} as Handshake,
    reused: false,
    hasAlternative: () => false,
    envelope,
    handBack: () => 'QUIT',
  }
}
