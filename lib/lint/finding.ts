/** What is found in a script: one sentence about one place, which says what is wrong and what to write instead. */

export type Rule =
  /** The script does not compile. */
  | 'syntax'
  /** The script was not looked at; the sentence says why. */
  | 'not-examined'
  | 'misspelt-callback'
  | 'local-callback'
  | 'defined-twice'
  | 'too-many-parameters'
  | 'parameter-order'
  | 'returns-nothing'
  | 'wrong-return'
  /** A field of CheckFile's or ServerDetails' Actions. */
  | 'unknown-action'
  /** A field of ServerDetails' Parameters. */
  | 'unknown-parameter'
  /** A global that the script and the mail server share. */
  | 'misspelt-global'
  | 'read-only'
  | 'undefined-global'
  | 'not-available'
  | 'unknown-function'
  | 'implicit-arg'
  | 'loop-without-pairs'

export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly rule: Rule
  /** From 1. */
  readonly line: number
  /** From 1, in characters as a UTF-8 reader sees them; in bytes where the line is not UTF-8. */
  readonly column: number
  readonly sentence: string
}

/** A finding at an offset in the text. */
export interface Remark extends Omit<Finding, 'line' | 'column'> {
  readonly offset: number
}

export function warning(rule: Rule, offset: number, sentence: string): Remark {
  return { severity: 'warning', rule, offset, sentence }
}
