/** Which global, variable or field a name is at one place of a walk through a script. */
import type { Expression, IndexExpression, MemberExpression } from 'luaparse'
import { Variable } from './name-use.js'
import type { FunctionUse, NameUse, Place, Write } from './name-use.js'
import type { Survey } from './survey.js'
import { startOf, wordOf } from './syntax-tree.js'
import { VisibleVariables } from './visible-variables.js'

export type Field = MemberExpression | IndexExpression

/** A name that stands for the table of globals. */
export const GLOBALS = 'globals'
/** A name in a function with an _ENV of its own. */
export const ELSEWHERE = 'elsewhere'

export type Named = NameUse | typeof GLOBALS | typeof ELSEWHERE

export interface FieldUse {
  /** undefined: its key is not in the text, or it belongs to another environment. */
  readonly use: NameUse | undefined
  readonly offset: number
  /** It is a global by way of _G. */
  readonly isGlobal: boolean
}

export class NameResolution {
  readonly survey: Survey
  readonly visible = new VisibleVariables()
  within: FunctionUse
  /** How many blocks are open. */
  depth = 0

  constructor(survey: Survey) {
    this.survey = survey
    this.within = survey.main
  }

  named(name: string): Named {
    const variable = this.visible.get(name)
    if (variable !== undefined) return variable
    if (this.visible.get('_ENV') !== undefined) return ELSEWHERE
    return name === '_G' || name === '_ENV' ? GLOBALS : this.survey.global(name)
  }

  /** The use of a field whose owner has a name, which is thereby read; undefined where it has none. */
  field(node: Field): FieldUse | undefined {
    const name = fieldName(node)
    const offset = startOf(node.type === 'MemberExpression' ? node.identifier : node.index)
    const owner = this.#owner(node.base)
    if (owner === undefined) return undefined
    const isGlobal = owner === GLOBALS
    if (owner === ELSEWHERE) return { use: undefined, offset, isGlobal }
    if (name !== undefined) return { use: isGlobal ? this.survey.global(name) : owner.field(name), offset, isGlobal }
    if (node.type === 'IndexExpression' && node.index.type !== 'NumericLiteral') {
      if (isGlobal) this.survey.isOpen = true
      else owner.escapes = true
    }
    return { use: undefined, offset, isGlobal }
  }

  place(offset: number): Place {
    return { offset, within: this.within }
  }

  write(offset: number, value: Expression | undefined): Write {
    const atTop = this.within === this.survey.main && this.depth === 1
    return { offset, within: this.within, value, variable: this.variableOf(value), atTop }
  }

  variableOf(value: Expression | undefined): Variable | undefined {
    return value?.type === 'Identifier' ? this.visible.get(value.name) : undefined
  }

  /** A name, or a field of _G. */
  #owner(node: Expression): Named | undefined {
    if (node.type === 'Identifier') {
      const named = this.named(node.name)
      if (typeof named !== 'string') named.read(this.place(startOf(node)))
      return named
    }
    if (node.type !== 'MemberExpression' || node.base.type !== 'Identifier') return undefined
    if (this.named(node.base.name) !== GLOBALS) return undefined
    const named = this.survey.global(node.identifier.name)
    named.read(undefined)
    return named
  }
}

/** undefined: the key is not in the text. */
export function fieldName(node: Field): string | undefined {
  return node.type === 'MemberExpression' ? node.identifier.name : wordOf(node.index)
}
