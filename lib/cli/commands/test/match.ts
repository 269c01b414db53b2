/** A text that is expected: exactly, or by a regular expression between slashes, with `i` behind it in any case. */
import type { Reading } from '../../../core/settings/key-spec.js'

export interface Match {
  matches(text: string): boolean
}

const EXPRESSION = /^\/(.+)\/([a-z]*)$/s

export function readMatch(text: string): Reading<Match> {
  const [, expression, flags = ''] = EXPRESSION.exec(text) ?? []
  if (expression === undefined) {
    const wanted = text.trim()
    return { value: { matches: (came) => came.trim() === wanted } }
  }
  if (!/^[ims]*$/.test(flags)) return { why: 'behind the second slash there may be i, m and s' }
  try {
    const pattern = new RegExp(expression, `${flags}u`)
    return { value: { matches: (came) => pattern.test(came) } }
  } catch (error) {
    // `Invalid regular expression: /(/u: Unterminated group`
    const [why = ''] = String(error).split(': ').slice(-1)
    return { why: why.toLowerCase() }
  }
}
