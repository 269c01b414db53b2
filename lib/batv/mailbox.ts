/**
 * An address in its two halves (RFC 5321 section 4.1.2), all as byte strings. The local part ends at the first `@` that
 * is not in quotes: there may be others within a quoted local part, and within an address literal.
 */

export interface Mailbox {
  /** A quoted one with its quotes. */
  readonly localPart: string
  readonly domain: string
}

// Each alternative begins with a character of its own, so matching is linear.
const MAILBOX = /^("(?:[^"\\]|\\.)*"|[^"@]+)@(.+)$/s

/** Undefined for what has no two halves: the null sender, a bare local part. */
export function splitMailbox(address: string): Mailbox | undefined {
  const [, localPart, domain] = MAILBOX.exec(address) ?? []
  return localPart === undefined || domain === undefined ? undefined : { localPart, domain }
}
