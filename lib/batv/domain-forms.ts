/**
 * The forms of a domain that relays make of each other: as it stands, in lower case, and an internationalised one
 * (RFC 5890) with its labels in ASCII or in Unicode. All are byte strings.
 */
import { domainToASCII, domainToUnicode } from 'node:url'

import { fromBytes, toBytes } from '../core/byte-string.js'

const INTERNATIONALISED = /[^\x00-\x7f]|(?:^|\.)xn--/i // eslint-disable-line no-control-regex

/** Each form once, the domain as it stands first. */
export function domainForms(domain: string): string[] {
  const text = fromBytes(domain)
  const forms = new Set([domain, toBytes(text.toLowerCase())])
  // An address literal is no name: node would take it for the host of a URL.
  if (INTERNATIONALISED.test(text) && !text.startsWith('[')) {
    for (const form of [domainToASCII(text), domainToUnicode(text)]) if (form !== '') forms.add(toBytes(form))
  }
  return [...forms]
}
