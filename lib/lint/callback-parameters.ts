/** Parameters that a callback is never passed, and those that stand in the place of others. */
import { squeezed } from '../core/near-miss.js'
import type { CallbackFunction } from './callback-functions.js'
import { declarationOf, PARAMETERS } from './callback-signatures.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'

export function* callbackParameters(callbacks: readonly CallbackFunction[]): Generator<Remark> {
  for (const callback of callbacks) {
    yield* tooMany(callback)
    yield* otherOrder(callback)
  }
}

function* tooMany({ name, use }: CallbackFunction): Generator<Remark> {
  const passed = PARAMETERS[name].length
  const further = use?.parameters[passed]
  if (further === undefined) return
  const most = passed === 0 ? 'no arguments' : `${passed} arguments`
  const also = use?.parameters.length === passed + 1 ? 'is' : 'and what follows it are'
  yield warning(
    'too-many-parameters',
    further.from,
    `${name} is passed ${most}: ${further.name} ${also} always nil. The most that it can take: ${declarationOf(name, passed)}`,
  )
}

function* otherOrder({ name, use }: CallbackFunction): Generator<Remark> {
  const documented = PARAMETERS[name].map(squeezed)
  for (const [place, { name: given, from }] of (use?.parameters ?? []).slice(0, documented.length).entries()) {
    const right = documented.indexOf(squeezed(given))
    if (right < 0 || right === place) continue
    const needed = Math.max(right + 1, use?.parameters.length ?? 0)
    yield warning(
      'parameter-order',
      from,
      `arguments go by position, not by name: ${given} is here what is documented as ${PARAMETERS[name][place] ?? ''}. ` +
        `Write ${declarationOf(name, needed)}`,
    )
    return
  }
}
