/** Haraka's own envelope addresses. */
import { createRequire } from 'node:module'

import type { InboundAddress } from '../../lib/haraka/shapes.js'
import { HARAKA } from './haraka-instance.js'

interface EnvelopeAddress extends InboundAddress {
  readonly host: string
  readonly original_host: string
  readonly address: string
  format(ascii: boolean): string
}

interface Addresses {
  /** From a path as in RCPT TO; throws for what is none. */
  readonly Address: new (path: string) => EnvelopeAddress
  /** The same as Haraka 3.3.0 shows it to plugins. */
  readonly asLegacy: (address: EnvelopeAddress) => InboundAddress
}

export const { Address, asLegacy } = createRequire(`${HARAKA}/package.json`)('@haraka/email-address') as Addresses
