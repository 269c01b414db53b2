/** Calls that do nothing but give a result. */
import { PROVIDED } from '../script/provided-names.js'
import type { Call } from './syntax-tree.js'

const PURE_LIBRARIES = new Set(['string', 'math', 'os', 'utf8', 'bit32', 'VPOP3'])
const PURE_FUNCTIONS = new Set([
  'ipairs',
  'next',
  'pairs',
  'rawequal',
  'rawget',
  'rawlen',
  'select',
  'tonumber',
  'tostring',
  'type',
])

export function isPure({ base }: Call): boolean {
  if (base.type === 'Identifier') return PURE_FUNCTIONS.has(base.name)
  if (base.type !== 'MemberExpression') return false
  const library = base.indexer === ':' ? 'string' : base.base.type === 'Identifier' ? base.base.name : ''
  return PURE_LIBRARIES.has(library) && PROVIDED.get(library)?.has(base.identifier.name) === true
}
