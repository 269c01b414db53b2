/**
 * Why a connection to a relay server failed: one sentence, free of secrets. `source` is `tls` when the TLS handshake
 * failed: Haraka then may remember that the host's TLS does not work.
 */
export class RelayError extends Error {
  readonly source?: 'tls'

  constructor(message: string, source?: 'tls') {
    super(message)
    this.name = 'RelayError'
    if (source) this.source = source
  }
}
