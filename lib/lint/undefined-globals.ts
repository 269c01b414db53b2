/** Globals that are read and that nothing sets: misspelt names, and arguments that a callback does not take. */
import { nearMiss, squeezed } from '../core/near-miss.js'
import { PROVIDED } from '../script/provided-names.js'
import { whyRemoved } from '../script/removed-functions.js'
import type { CallbackFunction } from './callback-functions.js'
import { declarationOf, PARAMETERS } from './callback-signatures.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { FunctionUse, NameUse, Place } from './name-use.js'
import type { Survey } from './survey.js'

/** What other languages write for values of Lua, in lower case. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['true', 'true'],
  ['false', 'false'],
  ['nil', 'nil'],
  ['null', 'nil'],
  ['none', 'nil'],
])

/** Each is compared with all names of the script. */
const MOST = 100

export function* undefinedGlobals(survey: Survey, callbacks: readonly CallbackFunction[]): Generator<Remark> {
  if (survey.isOpen) return
  const found = [...survey.globals.values()].flatMap((use) => (isUndefined(use) ? [{ use, place: use.first }] : []))
  for (const { use, place } of found.slice(0, MOST)) {
    if (place === undefined || isImplicitArg(use.name, place.within)) continue
    const instead = argumentOf(use.name, place.within, callbacks) ?? otherName(use.name, place, survey)
    const often = use.reads > 1 ? ` (it is read ${use.reads} times)` : ''
    yield warning('undefined-global', place.offset, `${use.name} is nil: nothing sets it${often}${instead}`)
  }
}

/** The implicit table of Lua 5.0 and 5.1 (old-idioms.ts). */
export function isImplicitArg(name: string, within: FunctionUse): boolean {
  return name === 'arg' && within.variadic
}

function isUndefined({ name, first, writes }: NameUse): boolean {
  if (first === undefined || writes.length > 0) return false
  return PROVIDED.get('')?.has(name) !== true && whyRemoved('', name) === undefined
}

/** For the documented name of an argument that the callback around it leaves out, or calls otherwise. */
function argumentOf(name: string, within: FunctionUse, callbacks: readonly CallbackFunction[]): string | undefined {
  for (let at: FunctionUse | undefined = within; at !== undefined; at = at.parent) {
    const callback = callbacks.find(({ use }) => use === at)
    if (callback === undefined) continue
    const place = PARAMETERS[callback.name].findIndex((documented) => squeezed(documented) === squeezed(name))
    if (place < 0) continue
    const taken = at.parameters[place]?.name
    if (taken !== undefined) return `. This argument is called ${taken} here`
    return `. To take this argument, write ${declarationOf(callback.name, place + 1)}`
  }
  return undefined
}

function otherName(name: string, { offset }: Place, survey: Survey): string {
  const visible = survey.variables.filter(({ from, to }) => from < offset && offset < to)
  const set = [...survey.globals.values()].filter(({ writes }) => writes.length > 0)
  const meant =
    VALUES.get(name.toLowerCase()) ??
    nearMiss(name, [...[...visible, ...set].map((use) => use.name), ...(PROVIDED.get('') ?? [])])
  if (meant !== undefined) return `. Did you mean ${meant}?`
  return survey.variables.some((other) => other.name === name)
    ? ', and the local of that name cannot be seen from here'
    : ''
}
