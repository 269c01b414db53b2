/** Calls that do nothing but give a result. */
import { PROVIDED } from '../script/provided-names.js'
import { argumentsOf, type Call } from './syntax-tree.js'

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

/** What gsub could be given as a function, and would call then. */
const CALLABLE = new Set(['FunctionDeclaration', 'Identifier', 'MemberExpression', 'IndexExpression'])

export function isPure(call: Call): boolean {
  const { base } = call
  if (base.type === 'Identifier') return PURE_FUNCTIONS.has(base.name)
  if (base.type !== 'MemberExpression') return false
  const library = base.indexer === ':' ? 'string' : base.base.type === 'Identifier' ? base.base.name : ''
  if (!PURE_LIBRARIES.has(library) || PROVIDED.get(library)?.has(base.identifier.name) !== true) return false
  if (base.identifier.name !== 'gsub') return true
  const replacement = argumentsOf(call)[base.indexer === ':' ? 1 : 2]
  return replacement === undefined || !CALLABLE.has(replacement.type)
}
