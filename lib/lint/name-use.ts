/** How a script uses its names: a global, a local variable, a parameter, or a field of one of these. */
import type { Expression } from 'luaparse'
import type { Call, Function } from './syntax-tree.js'

/** One function of the script, or its main chunk. */
export class FunctionUse {
  readonly parent: FunctionUse | undefined
  readonly parameters: Variable[] = []
  readonly variadic: boolean
  readonly returns: Return[] = []
  /** It calls or sets something that may be seen from outside. */
  hasEffects = false
  readonly isEmpty: boolean

  constructor(parent: FunctionUse | undefined, node?: Function) {
    this.parent = parent
    this.variadic = node?.parameters.at(-1)?.type === 'VarargLiteral'
    this.isEmpty = node?.body.length === 0
  }

  get returnsValue(): boolean {
    return this.returns.length > 0
  }
}

/** A return of one value or more. */
export interface Return {
  readonly value: Expression
  /** The local variable that the value is. */
  readonly variable: Variable | undefined
}

export interface Place {
  readonly offset: number
  readonly within: FunctionUse
}

export interface Write extends Place {
  /** undefined: from a call, a loop, or nil. */
  readonly value: Expression | undefined
  /** The local variable that the value is. */
  readonly variable: Variable | undefined
  /** A statement of the main chunk itself, in no block. */
  readonly atTop: boolean
}

export class NameUse {
  readonly name: string
  reads = 0
  /** By its plain name, not as a field of _G. */
  first: Place | undefined
  readonly calls: { readonly call: Call; readonly offset: number }[] = []
  readonly writes: Write[] = []
  /** It is used as a value, or with a key that is not in the text: its fields may be used in ways not seen here. */
  escapes = false
  #fields: Map<string, NameUse> | undefined

  constructor(name: string) {
    this.name = name
  }

  get fields(): ReadonlyMap<string, NameUse> {
    return this.#fields ?? new Map<string, NameUse>()
  }

  field(name: string): NameUse {
    this.#fields ??= new Map<string, NameUse>()
    return entry(this.#fields, name, () => new NameUse(name))
  }

  /** `place`: undefined for a field of _G. */
  read(place: Place | undefined, call?: Call): void {
    this.reads++
    if (place === undefined) return
    if (place.offset < (this.first?.offset ?? Infinity)) this.first = place
    if (call !== undefined) this.calls.push({ call, offset: place.offset })
  }
}

/** A local variable or parameter. */
export class Variable extends NameUse {
  /** What it is visible to: offsets. */
  readonly from: number
  to = Infinity
  readonly within: FunctionUse
  readonly isParameter: boolean

  constructor(name: string, from: number, within: FunctionUse, isParameter: boolean) {
    super(name)
    this.from = from
    this.within = within
    this.isParameter = isParameter
  }
}

export function entry<Value>(map: Map<string, Value>, key: string, made: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = made()))
  return value
}
