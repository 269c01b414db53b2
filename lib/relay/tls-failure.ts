/**
 * Why TLS did not come about, in words for the log.
 */

/** Codes of node:tls for a certificate that was not accepted. */
const CERTIFICATE = /CERT|VERIFY|ISSUER|CRL/

export function tlsFailure(error: unknown): string {
  const { message, code } = error as Partial<NodeJS.ErrnoException>
  const why = message ?? String(error)
  if (!CERTIFICATE.test(code ?? '')) return why
  return `its certificate is not accepted: ${why} (verify_certificate = false accepts any)`
}
