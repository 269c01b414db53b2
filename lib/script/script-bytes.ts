/** A script file's bytes as Lua reads them: without a UTF-8 byte order mark, and a first line `#!…` made empty. */

const MARK = [0xef, 0xbb, 0xbf]
const HASH = 0x23
const NEWLINE = 0x0a

export function withoutPrefix(bytes: Uint8Array): Uint8Array {
  const body = MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(MARK.length) : bytes
  if (body[0] !== HASH) return body
  const end = body.indexOf(NEWLINE)
  // The line break stays, so that line numbers are those of the file.
  return end < 0 ? new Uint8Array(0) : body.subarray(end)
}
