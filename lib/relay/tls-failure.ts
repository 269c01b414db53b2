/**
 * Why TLS did not come about, in words for the log.
 */

/** Codes of node:tls for a certificate that was not accepted. */
const CERTIFICATE = /CERT|VERIFY|ISSUER|CRL/

/** What Node adds from 24 on: how to start it otherwise, which is not for whoever reads the log of a mail server. */
const ADVICE = /; if the root CA is installed locally, .*$/

export function tlsFailure(error: unknown): string {
  const { message, code } = error as Partial<NodeJS.ErrnoException>
  const why = (message ?? String(error)).replace(ADVICE, '')
  if (!CERTIFICATE.test(code ?? '')) return why
  return `its certificate is not accepted: ${why} (verify_certificate = false accepts any)`
}
