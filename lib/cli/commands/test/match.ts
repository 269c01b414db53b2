/** A text that is expected: exactly, or by a regular expression between slashes, with `i` behind it in any case. */
import vm from 'node:vm'

import { relayoutError } from '../../../core/errors.js'
import type { Reading } from '../../../core/settings/key-spec.js'

export interface Match {
  /** Throws a RelayoutError where that takes too long. */
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
    return { value: { matches: (came) => inTime(pattern, text, came) } }
  } catch (error) {
    // `Invalid regular expression: /(/u: Unterminated group`
    const [why = ''] = String(error).split(': ').slice(-1)
    return { why: why.toLowerCase() }
  }
}

/** For one text. An expression can take years for a short one, and nothing but this ends it. */
const MOST_MS = 1_000

const TEST = new vm.Script('pattern.test(text)')

function inTime(pattern: RegExp, expression: string, text: string): boolean {
  const context = vm.createContext({ pattern, text })
  try {
    return TEST.runInContext(context, { timeout: MOST_MS }) as boolean
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw relayoutError('RELAYOUT_E_EXPRESSION', { expression })
  }
}
