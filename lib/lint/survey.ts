/** All that the rules ask about a script, gathered in one walk through it (survey-walk.ts). */
import type { Expression } from 'luaparse'
import { entry, FunctionUse, NameUse } from './name-use.js'
import type { Variable } from './name-use.js'
import type { Function } from './syntax-tree.js'

/** `for … in value do` with nothing else behind the `in`. */
export interface Loop {
  readonly value: Expression
  readonly offset: number
  readonly variable: Variable | undefined
}

export class Survey {
  readonly main = new FunctionUse(undefined)
  readonly functions = new Map<Function, FunctionUse>()
  readonly variables: Variable[] = []
  readonly loops: Loop[] = []
  /** Names of fields that are read, of whatever. */
  readonly fieldsRead = new Set<string>()
  /** Globals may be read and set in ways not seen here: by _G as a value, a key that is not in the text, load. */
  isOpen = false
  readonly #globals = new Map<string, NameUse>()

  get globals(): ReadonlyMap<string, NameUse> {
    return this.#globals
  }

  global(name: string): NameUse {
    return entry(this.#globals, name, () => new NameUse(name))
  }

  isSet(name: string): boolean {
    return (this.#globals.get(name)?.writes.length ?? 0) > 0
  }

  isMentioned(name: string): boolean {
    return this.#globals.has(name)
  }

  /** The function that is assigned, where that can be told. */
  functionOf(value: Expression | undefined, variable: Variable | undefined): FunctionUse | undefined {
    if (value?.type === 'FunctionDeclaration') return this.functions.get(value)
    const [only, ...others] = variable?.isParameter === false ? variable.writes : []
    if (only?.value?.type !== 'FunctionDeclaration' || others.length > 0) return undefined
    return this.functions.get(only.value)
  }
}
