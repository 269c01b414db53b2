/**
 * TLS from the first byte.
 */
import { isIP } from 'node:net'

import { tlsFailure } from '../relay/tls-failure.js'
import type { HarakaSocket } from './shapes.js'

/** Implicit TLS (RFC 8314 3.3): the handshake comes before the greeting. */
export function startTls(
  socket: HarakaSocket,
  servername: string,
  verifyCertificate: boolean,
  done: () => void,
  failed: (reason: string) => void,
): void {
  const settle = (outcome: () => void): void => {
    for (const event of ['error', 'timeout', 'close']) socket.removeAllListeners(event)
    outcome()
  }
  const fail = (why: string) => (error?: unknown) =>
    settle(() => {
      socket.on('error', () => undefined) // what still comes of the handshake
      socket.destroy()
      failed(`TLS with ${servername} failed: ${error instanceof Error ? tlsFailure(error) : why}`)
    })
  socket.once('error', fail('error'))
  socket.once('timeout', fail('the handshake was not finished in time'))
  socket.once('close', fail('the relay server closed the connection'))
  // An address is not named in the handshake (RFC 6066 3); its certificate has to be for it all the same.
  const peer = isIP(servername) ? { host: servername } : { servername }
  socket.upgrade({ ...peer, rejectUnauthorized: verifyCertificate }, () => settle(done))
}
