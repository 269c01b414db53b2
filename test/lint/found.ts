/** What `lint` finds in a text, in one line each. */
import { lint } from '../../lib/lint/lint.js'
import type { LintOptions } from '../../lib/lint/lint.js'

/** `LINE:COLUMN RULE`. */
export function found(text: string, options?: LintOptions): string[] {
  return lint(Buffer.from(text), options).findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`)
}

export function sentences(text: string): string[] {
  return lint(Buffer.from(text)).findings.map(({ sentence }) => sentence)
}
