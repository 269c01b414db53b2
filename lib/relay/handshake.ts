/**
 * What a relay server said before the first MAIL of a connection, as Haraka was given it.
 *
 * Haraka begins each delivery with the greeting. On a connection that carried a message before, it is answered from
 * this record, so that what hmail knows of TLS, AUTH, SMTPUTF8 and SIZE is right; nothing of it goes over the wire, and
 * ReturnCodeHandler does not see it again.
 */
import type { Reply } from '../core/reply.js'
import type { SecureCallback } from './wire.js'

/** A command and its reply. */
export interface Recorded {
  readonly line: string
  readonly reply: Reply
}

export interface Handshake {
  greeting?: Reply
  /** EHLO or LHLO, the last one: the one under TLS where that is on. */
  ehlo?: Recorded
  helo?: Recorded
  /** The last reply of an AUTH that succeeded. */
  auth?: Reply
  /** What the TLS handshake reported. */
  tls?: Parameters<SecureCallback>
}
