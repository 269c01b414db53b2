/**
 * The part of the walk that goes through expressions.
 *
 * Chains without end are legal (`a or b or …`, `a.b.c…`, calls of calls): they are walked in a loop. What takes a level of
 * the stack here has taken one of the parser's.
 */
import type { Expression, Identifier } from 'luaparse'
import { fieldName, GLOBALS } from './name-resolution.js'
import type { Field, NameResolution } from './name-resolution.js'
import { Variable } from './name-use.js'
import { isPure } from './pure-calls.js'
import { argumentsOf, isCall, startOf } from './syntax-tree.js'
import type { Call, Function } from './syntax-tree.js'

/** What the script says with these is not in its text. */
const RUN_TEXT = new Set(['load', 'loadstring'])

export class ExpressionWalk {
  readonly #names: NameResolution
  readonly #walkFunction: (node: Function) => void

  constructor(names: NameResolution, walkFunction: (node: Function) => void) {
    this.#names = names
    this.#walkFunction = walkFunction
  }

  all(nodes: readonly Expression[]): void {
    for (const node of nodes) this.walk(node)
  }

  walk(first: Expression): void {
    const later: Expression[] = []
    let call: Call | undefined
    for (let node: Expression | undefined = first; node !== undefined;) {
      const next = this.#step(node, call, later)
      call = isCall(node) ? node : undefined
      node = next
    }
    this.all(later)
  }

  /** Looks at one node; the operand to go on with, and the others `later`. `call`: what calls the node's value. */
  #step(node: Expression, call: Call | undefined, later: Expression[]): Expression | undefined {
    switch (node.type) {
      case 'Identifier':
        this.#read(node, call)
        return undefined
      case 'BinaryExpression':
      case 'LogicalExpression':
        later.push(node.right)
        return node.left
      case 'UnaryExpression':
        return node.argument
      case 'CallExpression':
      case 'StringCallExpression':
      case 'TableCallExpression':
        if (!isPure(node)) this.#names.within.hasEffects = true
        for (const argument of argumentsOf(node)) later.push(argument)
        return node.base
      case 'MemberExpression':
      case 'IndexExpression':
        if (node.type === 'IndexExpression') later.push(node.index)
        return this.#readField(node, call)
      case 'FunctionDeclaration':
        this.#walkFunction(node)
        return undefined
      case 'TableConstructorExpression':
        for (const field of node.fields) {
          if (field.type === 'TableKey') later.push(field.key)
          later.push(field.value)
        }
        return undefined
      default:
        return undefined
    }
  }

  #read(node: Identifier, call: Call | undefined): void {
    const { survey } = this.#names
    const named = this.#names.named(node.name)
    if (named === GLOBALS) survey.isOpen = true
    if (typeof named === 'string') return
    if (RUN_TEXT.has(node.name) && !(named instanceof Variable)) survey.isOpen = true
    named.escapes = true
    named.read(this.#names.place(startOf(node)), call)
  }

  #readField(node: Field, call: Call | undefined): Expression | undefined {
    const name = fieldName(node)
    if (name !== undefined) this.#names.survey.fieldsRead.add(name)
    const field = this.#names.field(node)
    if (field === undefined) return node.base
    if (field.use === undefined) return undefined
    field.use.escapes = true
    field.use.read(field.isGlobal ? undefined : this.#names.place(field.offset), call)
    return undefined
  }
}
