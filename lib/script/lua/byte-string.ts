/**
 * Lua strings are bytes; JavaScript strings here are *byte strings*, one character per byte (latin1). Both directions
 * are exact for all 256 values; characters above U+00FF lose their high bits, so text goes through `utf8` first.
 */

type Latin1Slice = (this: Uint8Array, start: number, end: number) => string

// Buffer's own methods work on any Uint8Array and are written in C++; decoding a view by hand is slower from 24 bytes.
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice: Latin1Slice }
const SHORT = 24

export function fromBytes(bytes: Uint8Array): string {
  const { length } = bytes
  if (length > SHORT) return latin1Slice.call(bytes, 0, length)
  let text = ''
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i] ?? 0)
  return text
}

export function toBytes(text: string): Uint8Array {
  const { length } = text
  const bytes = new Uint8Array(length)
  if (length > SHORT * 4) Buffer.from(bytes.buffer).write(text, 'latin1')
  else for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** Text of ours as the byte string of its UTF-8 form. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
