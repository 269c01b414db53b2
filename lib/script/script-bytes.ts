/** A script file's bytes: what Lua reads of them, and the encoding that it cannot read. */

const MARK = [0xef, 0xbb, 0xbf]
const HASH = 0x23
const NEWLINE = 0x0a

/** Without a UTF-8 byte order mark, and a first line `#!…` made empty. */
export function withoutPrefix(bytes: Uint8Array): Uint8Array {
  const body = MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(MARK.length) : bytes
  if (body[0] !== HASH) return body
  const end = body.indexOf(NEWLINE)
  // The line break stays, so that line numbers are those of the file.
  return end < 0 ? new Uint8Array(0) : body.subarray(end)
}

/** By its byte order mark, or by the half of its first character that is zero. */
export function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0 || second === 0
}
