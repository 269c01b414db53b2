/**
 * Byte strings: JavaScript strings whose characters are bytes (latin1), as the script port hands them over.
 *
 * A well-formed UTF-8 sequence (RFC 3629: no overlong form, no surrogate) is recognised wherever it stands; every other
 * byte stands for itself. Each alternative begins with a byte of its own, so matching is linear.
 */

const SEQUENCE = [
  '[\\xc2-\\xdf][\\x80-\\xbf]',
  '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]',
  '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
  '\\xed[\\x80-\\x9f][\\x80-\\xbf]',
  '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}',
  '[\\xf1-\\xf3][\\x80-\\xbf]{3}',
  '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
].join('|')

const sequences = new RegExp(SEQUENCE, 'g')
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const NOT_ASCII = /[^\x00-\x7f]/ // eslint-disable-line no-control-regex

/** The text that the bytes spell: UTF-8 where it is valid, else the byte as its latin1 character. */
export function fromBytes(bytes: string): string {
  if (!NOT_ASCII.test(bytes)) return bytes
  return bytes.replace(sequences, (sequence) => decoder.decode(Uint8Array.from(sequence, (byte) => byte.charCodeAt(0))))
}

/** The UTF-8 bytes of a text. */
export function toBytes(text: string): string {
  if (!NOT_ASCII.test(text)) return text
  let bytes = ''
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** The first `max` bytes, fewer where the cut would fall into a UTF-8 sequence. */
export function cutBytes(bytes: string, max: number): string {
  if (bytes.length <= max) return bytes
  for (let start = Math.max(0, max - 3); start < max; start++) {
    const sequence = new RegExp(SEQUENCE, 'y')
    sequence.lastIndex = start
    const length = sequence.exec(bytes)?.[0].length ?? 1
    if (start + length > max) return bytes.slice(0, start)
    start += length - 1
  }
  return bytes.slice(0, max)
}
