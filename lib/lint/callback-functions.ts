/** The callbacks that a script defines, each by every assignment of something that may be a function. */
import { CALLBACKS } from '../script/callbacks.js'
import type { Callback } from '../script/port.js'
import { PARAMETERS } from './callback-signatures.js'
import type { FunctionUse, Variable, Write } from './name-use.js'
import type { Survey } from './survey.js'

export interface CallbackFunction {
  readonly name: Callback
  readonly write: Write
  /** undefined: it cannot be told from the text. */
  readonly use: FunctionUse | undefined
}

const NO_FUNCTIONS = new Set([
  'NilLiteral',
  'BooleanLiteral',
  'NumericLiteral',
  'StringLiteral',
  'TableConstructorExpression',
])

export function callbackFunctions(survey: Survey): readonly CallbackFunction[] {
  return CALLBACKS.flatMap((name) =>
    (survey.globals.get(name)?.writes ?? [])
      .filter(({ value }) => value === undefined || !NO_FUNCTIONS.has(value.type))
      .map((write) => ({ name, write, use: survey.functionOf(write.value, write.variable) })),
  )
}

/** What the callback calls a documented parameter, as long as it gives the name no other value. */
export function parameterOf({ name, use }: CallbackFunction, documented: string): Variable | undefined {
  const parameter = use?.parameters[PARAMETERS[name].indexOf(documented)]
  return parameter?.writes.length === 0 ? parameter : undefined
}
