/** Fields of Actions and Parameters that there are not: what is set there changes nothing, what is read is nil. */
import type { Expression } from 'luaparse'
import { nearMiss } from '../core/near-miss.js'
import type { Callback } from '../script/port.js'
import { parameterOf } from './callback-functions.js'
import type { CallbackFunction } from './callback-functions.js'
import { ACTIONS, PARAMETER_FIELDS } from './callback-signatures.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { FunctionUse, NameUse } from './name-use.js'
import type { Survey } from './survey.js'
import { startOf, wordOf } from './syntax-tree.js'

interface Named {
  readonly name: string
  readonly offset: number
}

export function* tableFields(survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  for (const callback of callbacks) {
    const known = ACTIONS[callback.name]
    if (known === undefined || callback.use === undefined) continue
    for (const field of actionsOf(callback, callback.use)) {
      const sentence = unknownAction(callback.name, field.name, known, survey)
      if (sentence !== undefined) yield warning('unknown-action', field.offset, sentence)
    }
    if (callback.name === 'ServerDetails') yield* parameterFields(callback)
  }
}

/** The fields that a callback sets, in the table that it is passed and in those that it returns. */
function* actionsOf(callback: CallbackFunction, use: FunctionUse): Generator<Named> {
  const tables = new Set<NameUse>()
  const passed = parameterOf(callback, 'Actions')
  if (passed !== undefined) tables.add(passed)
  for (const { value, variable } of use.returns) {
    if (value.type === 'TableConstructorExpression') yield* fieldsIn(value)
    const made = variable?.isParameter === false && variable.writes.length === 1 ? variable.writes[0]?.value : undefined
    if (variable === undefined || made?.type !== 'TableConstructorExpression') continue
    tables.add(variable)
    yield* fieldsIn(made)
  }
  for (const table of tables) {
    for (const { name, writes, first } of table.fields.values()) {
      const offset = Math.min(writes[0]?.offset ?? Infinity, first?.offset ?? Infinity)
      if (writes.length > 0 || table === passed) yield { name, offset }
    }
  }
}

function* fieldsIn(table: Expression): Generator<Named> {
  if (table.type !== 'TableConstructorExpression') return
  for (const field of table.fields) {
    if (field.type === 'TableValue') continue
    const name = field.type === 'TableKeyString' ? field.key.name : wordOf(field.key)
    if (name !== undefined) yield { name, offset: startOf(field.key) }
  }
}

function unknownAction(callback: Callback, name: string, known: readonly string[], survey: Survey): string | undefined {
  if (known.includes(name)) return undefined
  const meant = nearMiss(name, known)
  if (meant !== undefined) return `${name} is no field of ${callback}'s Actions: write ${meant}`
  // One that is read may be the script's own memory.
  if (survey.fieldsRead.has(name)) return undefined
  return `${name} is no field of ${callback}'s Actions, and changes nothing: there are ${known.join(', ')}`
}

function* parameterFields(callback: CallbackFunction): Generator<Remark> {
  for (const { name, writes, first } of parameterOf(callback, 'Parameters')?.fields.values() ?? []) {
    if (PARAMETER_FIELDS.includes(name) || writes.length > 0 || first === undefined) continue
    const meant = nearMiss(name, PARAMETER_FIELDS)
    const instead = meant === undefined ? `there are ${PARAMETER_FIELDS.join(', ')}` : `write ${meant}`
    yield warning(
      'unknown-parameter',
      first.offset,
      `${name} is no field of ServerDetails' Parameters, and always nil: ${instead}`,
    )
  }
}
