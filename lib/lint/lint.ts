/**
 * What is wrong with a script as far as its text tells, before it runs: names that are nearly a callback's, globals that
 * nothing sets, functions that a script does not have, and more of the kind.
 *
 * It never throws, whatever the bytes, and runs nothing. Where it is not certain it says nothing: a script without a
 * finding may still be wrong.
 */
import type { Callback } from '../script/port.js'
import { callbackFunctions } from './callback-functions.js'
import type { CallbackFunction } from './callback-functions.js'
import { callbackNames } from './callback-names.js'
import { callbackParameters } from './callback-parameters.js'
import { callbackReturns } from './callback-returns.js'
import { warning } from './finding.js'
import type { Finding, Remark } from './finding.js'
import { missingFunctions } from './missing-functions.js'
import { oldIdioms } from './old-idioms.js'
import { parseScript, TOO_DEEP } from './parse-script.js'
import type { Parsed } from './parse-script.js'
import { ScriptText } from './script-text.js'
import { sharedGlobalNames } from './shared-global-names.js'
import type { Survey } from './survey.js'
import { surveyOf } from './survey-walk.js'
import { tableFields } from './table-fields.js'
import { undefinedGlobals } from './undefined-globals.js'

export type { Finding, Rule } from './finding.js'

export interface DefinedCallback {
  readonly name: Callback
  /** Of its name, where it is defined; of the last definition if there are several. */
  readonly line: number
  readonly column: number
  readonly parameters: number
  /** Also true where its parameters cannot be told from the text. */
  readonly variadic: boolean
}

export interface LintResult {
  /** In the order of the file. Empty where the script was not looked at. */
  readonly callbacks: readonly DefinedCallback[]
  /** In the order of the file, 200 at most. */
  readonly findings: readonly Finding[]
}

export interface LintOptions {
  /**
   * Whether the script engine has compiled the same bytes, which has the last word. True: what the parser here does
   * not understand is a warning `not-examined`, and no `syntax` error. What the engine refuses and the parser takes (more
   * than 200 local variables, say) is not found here: that failure is for the caller to show.
   */
  readonly compiles?: boolean
}

const MOST_FINDINGS = 200

export function lint(bytes: Uint8Array, { compiles = false }: LintOptions = {}): LintResult {
  const script = new ScriptText(bytes)
  const parsed = parseScript(script.text)
  const survey = 'chunk' in parsed ? surveyed(parsed.chunk) : undefined
  if (survey === undefined) return placed(script, [], [notExamined(parsed, compiles)])
  const callbacks = callbackFunctions(survey)
  return placed(script, lastOfEach(callbacks), [...remarks(survey, callbacks)])
}

/** undefined: nested so deep that the walk does not come back; a tree so deep is hardly one that was parsed. */
function surveyed(chunk: Extract<Parsed, { chunk: unknown }>['chunk']): Survey | undefined {
  try {
    return surveyOf(chunk)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function notExamined(parsed: Parsed, compiles: boolean): Remark {
  if ('fault' in parsed) {
    const { offset, fault } = parsed
    if (!compiles) return { severity: 'error', rule: 'syntax', offset, sentence: fault }
    return warning('not-examined', offset, `the script was not looked at, since this was not understood: ${fault}`)
  }
  const why = 'tooMuch' in parsed ? parsed.tooMuch : TOO_DEEP
  return warning('not-examined', 0, `the script was not looked at: ${why}`)
}

function* remarks(survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  yield* callbackNames(survey, callbacks)
  yield* callbackParameters(callbacks)
  yield* callbackReturns(callbacks)
  yield* tableFields(survey, callbacks)
  yield* sharedGlobalNames(survey)
  yield* undefinedGlobals(survey, callbacks)
  yield* missingFunctions(survey)
  yield* oldIdioms(survey, callbacks)
}

function lastOfEach(callbacks: readonly CallbackFunction[]): CallbackFunction[] {
  return [...new Map(callbacks.map((callback) => [callback.name, callback])).values()]
}

function placed(script: ScriptText, callbacks: readonly CallbackFunction[], found: readonly Remark[]): LintResult {
  const inOrder = found.toSorted((a, b) => a.offset - b.offset).slice(0, MOST_FINDINGS)
  return {
    callbacks: callbacks
      .toSorted((a, b) => a.write.offset - b.write.offset)
      .map(({ name, write, use }) => ({
        name,
        ...script.position(write.offset),
        parameters: use?.parameters.length ?? 0,
        variadic: use?.variadic ?? true,
      })),
    findings: inOrder.map(({ offset, severity, rule, sentence }) => ({
      ...{ severity, rule },
      ...script.position(offset),
      sentence,
    })),
  }
}
