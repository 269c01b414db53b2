/**
 * The way back of the Sender Rewriting Scheme, from its description (Mail::SRS 0.31, libsrs2), to tell whether other
 * products take our addresses. It shares nothing with the script: Node's base64, regular expressions, days by arithmetic.
 */
import { createHmac } from 'node:crypto'

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const MOST_DAYS = 21

export interface SrsDecoder {
  readonly secret: string
  /** Of the decoder's clock. */
  readonly ms: number
}

/** The address in an SRS address, one step back; throws what is wrong with it. Byte strings. */
export function decode(address: string, { secret, ms }: SrsDecoder): string {
  const user = address.slice(0, address.lastIndexOf('@'))
  const srs0 = /^srs0[-+=]([^=]*)=([^=]*)=([^=]*)=(.*)$/is.exec(user)
  if (srs0 !== null) {
    const [, hash = '', time = '', domain = '', local = ''] = srs0
    check(secret, hash, time + domain + local)
    const [tens = '', ones = ''] = time.toUpperCase()
    const age =
      (1024 + (Math.floor(ms / 86_400_000) % 1024) - (DIGITS.indexOf(tens) * 32 + DIGITS.indexOf(ones))) % 1024
    if (age > MOST_DAYS) throw new Error('out of date')
    return `${local}@${domain}`
  }
  const srs1 = /^srs1[-+=]([^=]*)=([^=]*)=(.*)$/is.exec(user)
  if (srs1 === null) throw new Error('not an SRS address')
  const [, hash = '', first = '', payload = ''] = srs1
  check(secret, hash, first + payload)
  return `SRS0${payload}@${first}`
}

function check(secret: string, hash: string, text: string): void {
  const right = createHmac('sha1', secret).update(lower(text), 'latin1').digest('base64').slice(0, 4)
  if (lower(hash) !== lower(right)) throw new Error('wrong hash')
}

/** Of ASCII only, as in the C locale: `toLowerCase` would change bytes of UTF-8. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
