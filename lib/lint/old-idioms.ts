/** Idioms of Lua 5.0 and 5.1 that fail when they are run: the implicit table `arg`, and `for k, v in t do`. */
import { IMPLICIT_ARG, TABLE_LOOP } from '../script/old-idiom-advice.js'
import type { CallbackFunction } from './callback-functions.js'
import { PARAMETERS, TABLES } from './callback-signatures.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { Variable } from './name-use.js'
import type { Loop, Survey } from './survey.js'
import { isImplicitArg } from './undefined-globals.js'

export function* oldIdioms(survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  const arg = survey.globals.get('arg')
  if (arg?.first !== undefined && arg.writes.length === 0 && isImplicitArg('arg', arg.first.within)) {
    yield warning('implicit-arg', arg.first.offset, `arg is nil: ${IMPLICIT_ARG}`)
  }
  const tables = new Set(callbacks.flatMap(tableParameters))
  // A table with a metatable may be one that can be called.
  const plain = !survey.isMentioned('setmetatable')
  for (const loop of survey.loops) {
    if (goesThroughTable(loop, tables, plain)) yield warning('loop-without-pairs', loop.offset, TABLE_LOOP)
  }
}

function tableParameters({ name, use }: CallbackFunction): readonly Variable[] {
  return (use?.parameters ?? []).filter(
    ({ writes }, place) => writes.length === 0 && TABLES.has(PARAMETERS[name][place] ?? ''),
  )
}

function goesThroughTable({ value, variable }: Loop, tables: ReadonlySet<Variable>, plain: boolean): boolean {
  if (value.type === 'TableConstructorExpression') return true
  if (variable === undefined) return false
  if (variable.isParameter) return tables.has(variable)
  return plain && variable.writes.every((write) => write.value?.type === 'TableConstructorExpression')
}
