import assert from 'node:assert/strict'

import { tlsFailure } from '../../lib/relay/tls-failure.js'

const failure = (message: string, code?: string): Error => Object.assign(new Error(message), { code })

describe('why TLS did not come about', () => {
  it('is said in the words of Node, and for a certificate with what would accept it', () => {
    assert.equal(tlsFailure(failure('socket hang up', 'ECONNRESET')), 'socket hang up')
    assert.equal(
      tlsFailure(failure('certificate has expired', 'CERT_HAS_EXPIRED')),
      'its certificate is not accepted: certificate has expired (verify_certificate = false accepts any)',
    )
    assert.equal(tlsFailure('no error object'), 'no error object')
  })

  it('is said in the same words on every version of Node', () => {
    // As Node 24 has it.
    const words =
      'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca'
    assert.equal(
      tlsFailure(failure(words, 'DEPTH_ZERO_SELF_SIGNED_CERT')),
      'its certificate is not accepted: self-signed certificate (verify_certificate = false accepts any)',
    )
  })
})
