/**
 * Functions that look like callbacks and are never called: by another spelling, or local. And callbacks that are
 * defined twice, of which the first is never called.
 */
import { nearMiss } from '../core/near-miss.js'
import { CALLBACKS } from '../script/callbacks.js'
import type { CallbackFunction } from './callback-functions.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { NameUse, Variable } from './name-use.js'
import type { Survey } from './survey.js'

export function* callbackNames(survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  for (const name of CALLBACKS) yield* definedTwice(name, survey, callbacks)
  if (survey.isOpen) return
  for (const use of survey.globals.values()) yield* misspelt(use, survey)
  for (const variable of survey.variables) yield* local(variable, survey)
}

/** A global function that the script itself never mentions again was meant for the mail server. */
function* misspelt(use: NameUse, survey: Survey): Generator<Remark> {
  if (use.reads > 0 || isCallback(use.name)) return
  const write = use.writes.find(({ value, variable }) => survey.functionOf(value, variable) !== undefined)
  const meant = write === undefined ? undefined : nearMiss(use.name, CALLBACKS)
  if (write === undefined || meant === undefined) return
  if (survey.isSet(meant) && use.name.toLowerCase() !== meant.toLowerCase()) return
  yield warning('misspelt-callback', write.offset, `${use.name} is never called: the function is called ${meant}`)
}

function* local(variable: Variable, survey: Survey): Generator<Remark> {
  const { name } = variable
  if (variable.isParameter || variable.reads > 0 || !isCallback(name) || survey.isSet(name)) return
  const write = variable.writes.find(({ value }) => value?.type === 'FunctionDeclaration')
  if (write === undefined || variable.within !== survey.main) return
  yield warning('local-callback', write.offset, `${name} is local, and therefore never called: leave out the local`)
}

function* definedTwice(name: string, survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  if (survey.isOpen || survey.globals.get(name)?.reads !== 0) return
  const atTop = callbacks.filter(({ name: of, write }) => of === name && write.atTop)
  for (const { write } of atTop.slice(0, -1)) {
    yield warning(
      'defined-twice',
      write.offset,
      `this ${name} is never called, since the file defines another one below: make one function of them`,
    )
  }
}

function isCallback(name: string): boolean {
  return (CALLBACKS as readonly string[]).includes(name)
}
