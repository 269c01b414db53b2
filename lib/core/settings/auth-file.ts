/**
 * The text of an auth_file: two lines, user and password, taken as they stand; or `user = …` and `pass = …`, where
 * blank lines and lines that begin with `#` or `;` do not count. No error ever quotes the file.
 */

import { secretLines } from './secret-lines.js'

const NO_CONTENT = /^\s*(?:[#;].*)?$/
const KEY_LINE = /^\s*(?:auth_)?(user|pass)(?:name|word)?\s*=(.*)$/i

function fromKeyLines(lines: readonly string[]): { user: string; pass: string } | { error: string } {
  const found = new Map<string, string>()
  for (const line of lines) {
    if (NO_CONTENT.test(line)) continue
    const match = KEY_LINE.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name === undefined) return { error: 'it has a line that is neither user = nor pass =' }
    if (found.has(name)) return { error: `it has two lines for ${name}` }
    found.set(name, match?.[2]?.trim() ?? '')
  }
  return { user: found.get('user') ?? '', pass: found.get('pass') ?? '' }
}

function fromPlainLines(lines: readonly string[]): { user: string; pass: string } | { error: string } {
  const [user = '', pass = '', ...rest] = lines
  return rest.length > 0 ? { error: 'it has more than two lines' } : { user, pass }
}

/** User and password, or a phrase that says what is wrong with the file. */
export function parseAuthFile(content: string): { user: string; pass: string } | { error: string } {
  const lines = secretLines(content)
  const first = lines.find((line) => !NO_CONTENT.test(line)) ?? ''
  const found = KEY_LINE.test(first) ? fromKeyLines(lines) : fromPlainLines(lines)
  if ('error' in found) return found
  if (found.user === '') return { error: lines.length === 0 ? 'it is empty' : 'it has no user' }
  if (found.pass === '') return { error: 'it has no password' }
  return `${found.user}${found.pass}`.includes('\0') ? { error: 'it has a NUL character' } : found
}
