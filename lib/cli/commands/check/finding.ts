/** One thing that `relayout check` found. */

export interface CheckFinding {
  readonly severity: 'error' | 'warning'
  /** As the user would open it. */
  readonly file: string
  /** From 1; absent where it is about the whole file. */
  readonly line?: number
  readonly column?: number
  /** Of a script: the rule of lib/lint, or how it failed; of the settings: the code of the error. */
  readonly rule: string
  readonly sentence: string
}
