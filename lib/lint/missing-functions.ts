/** Functions that a script does not have: those that say so when they are called, and those that there are not. */
import { nearMiss } from '../core/near-miss.js'
import { PROVIDED } from '../script/provided-names.js'
import { NOT_IN_VPOP3, ONE_VARIABLE, REMOVED_FUNCTIONS, whyRemoved } from '../script/removed-functions.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { NameUse } from './name-use.js'
import type { Survey } from './survey.js'
import { argumentsOf, startOf, wordOf } from './syntax-tree.js'

export function* missingFunctions(survey: Survey): Generator<Remark> {
  for (const [name, why] of Object.entries(REMOVED_FUNCTIONS[''] ?? {})) {
    const use = survey.globals.get(name)
    if (use !== undefined) yield* notAvailable(name, use, why)
  }
  for (const library of new Set([...Object.keys(REMOVED_FUNCTIONS), ...PROVIDED.keys()])) {
    if (library !== '' && !survey.isSet(library)) yield* missingIn(library, survey)
  }
  yield* otherVariables(survey)
}

function* missingIn(library: string, survey: Survey): Generator<Remark> {
  const held = survey.globals.get(library)
  for (const [name, use] of held?.fields ?? []) {
    if (PROVIDED.get(library)?.has(name) === true) continue
    const why = library === 'VPOP3' ? NOT_IN_VPOP3 : whyRemoved(library, name)
    if (why !== undefined) yield* notAvailable(`${library}.${name}`, use, why)
    else if (held?.escapes === false && !survey.isOpen) yield* unknown(library, use, survey)
  }
}

function* notAvailable(name: string, { first, calls, writes }: NameUse, why: string): Generator<Remark> {
  if (first === undefined || writes.length > 0) return
  const [call] = calls
  const when = call === undefined ? ', and says so when it is called' : ''
  yield warning('not-available', call?.offset ?? first.offset, `${name} is not available to a script${when}: ${why}`)
}

function* unknown(library: string, { name, first, writes, reads }: NameUse, survey: Survey): Generator<Remark> {
  if (first === undefined || writes.length > 0) return
  // The metatable of strings leads to the library.
  if (library === 'string' && survey.isMentioned('getmetatable')) return
  const meant = nearMiss(name, [...(PROVIDED.get(library) ?? [])])
  const elsewhere = [...PROVIDED].find(([other, names]) => other !== '' && names.has(name))?.[0]
  const instead = meant === undefined ? (elsewhere === undefined ? '' : `${elsewhere}.${name}`) : `${library}.${meant}`
  const often = reads > 1 ? ` (it is read ${reads} times)` : ''
  const advice = instead === '' ? '' : `. Did you mean ${instead}?`
  yield warning(
    'unknown-function',
    first.offset,
    `${library}.${name} is nil: there is nothing of that name${often}${advice}`,
  )
}

function* otherVariables(survey: Survey): Generator<Remark> {
  const use = survey.isSet('os') ? undefined : survey.globals.get('os')?.fields.get('getenv')
  for (const { call } of use?.writes.length === 0 ? use.calls : []) {
    const [argument] = argumentsOf(call)
    const name = wordOf(argument)
    if (argument === undefined || name === undefined || name === 'TZ') continue
    yield warning(
      'not-available',
      startOf(argument),
      `os.getenv("${name}") is not available to a script: ${ONE_VARIABLE}`,
    )
  }
}
