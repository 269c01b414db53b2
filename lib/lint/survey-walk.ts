/** One walk through a syntax tree, which notes the use of every name: statements, declarations, functions. */
import type { Chunk, Expression, ForGenericStatement, Identifier, Statement } from 'luaparse'
import { ExpressionWalk } from './expression-walk.js'
import { ELSEWHERE, GLOBALS, NameResolution } from './name-resolution.js'
import type { Field } from './name-resolution.js'
import { FunctionUse, Variable } from './name-use.js'
import { Survey } from './survey.js'
import { endOf, startOf } from './syntax-tree.js'
import type { Block, Function } from './syntax-tree.js'

/** Throws a RangeError for a tree that is deeper than the stack. */
export function surveyOf(chunk: Chunk): Survey {
  const survey = new Survey()
  new SurveyWalk(survey).block(chunk.body, Infinity)
  return survey
}

class SurveyWalk {
  readonly #survey: Survey
  readonly #names: NameResolution
  readonly #expressions: ExpressionWalk

  constructor(survey: Survey) {
    this.#survey = survey
    this.#names = new NameResolution(survey)
    this.#expressions = new ExpressionWalk(this.#names, (node) => this.#function(node))
  }

  /** `before`, `after`: what happens inside. */
  block(body: Block, end: number, before?: () => void, after?: () => void): void {
    this.#names.depth++
    this.#names.visible.block(end, () => {
      before?.()
      for (const statement of body) this.#statement(statement)
      after?.()
    })
    this.#names.depth--
  }

  #statement(node: Statement): void {
    switch (node.type) {
      case 'LocalStatement':
        this.#expressions.all(node.init)
        for (const [i, variable] of node.variables.entries()) this.#declare(variable, endOf(node), node.init[i])
        return
      case 'AssignmentStatement':
        this.#expressions.all(node.init)
        for (const [i, target] of node.variables.entries()) this.#assign(target, node.init[i])
        return
      case 'FunctionDeclaration':
        this.#functionStatement(node)
        return
      case 'CallStatement':
        this.#expressions.walk(node.expression)
        return
      case 'ReturnStatement':
        this.#return(node.arguments)
        return
      case 'IfStatement':
        for (const clause of node.clauses) {
          if (clause.type !== 'ElseClause') this.#expressions.walk(clause.condition)
          this.block(clause.body, endOf(clause))
        }
        return
      case 'WhileStatement':
        this.#expressions.walk(node.condition)
        this.block(node.body, endOf(node))
        return
      case 'RepeatStatement':
        this.block(node.body, endOf(node), undefined, () => this.#expressions.walk(node.condition))
        return
      case 'DoStatement':
        this.block(node.body, endOf(node))
        return
      case 'ForNumericStatement':
        this.#expressions.all([node.start, node.end, ...(node.step === null ? [] : [node.step])])
        this.block(node.body, endOf(node), () => this.#declare(node.variable, endOf(node.end)))
        return
      case 'ForGenericStatement':
        this.#forIn(node)
    }
  }

  #functionStatement(node: Function): void {
    const { identifier } = node
    if (identifier?.type === 'Identifier' && node.isLocal) this.#declare(identifier, startOf(identifier), node)
    else if (identifier !== null) this.#assign(identifier, node)
    this.#function(node, identifier?.type === 'MemberExpression' && identifier.indexer === ':')
  }

  #return(values: readonly Expression[]): void {
    const [value] = values
    if (value !== undefined) this.#names.within.returns.push({ value, variable: this.#names.variableOf(value) })
    this.#expressions.all(values)
  }

  #forIn(node: ForGenericStatement): void {
    const { iterators, variables } = node
    this.#expressions.all(iterators)
    const [value] = iterators
    if (value !== undefined && iterators.length === 1) {
      this.#survey.loops.push({ value, offset: startOf(value), variable: this.#names.variableOf(value) })
    }
    const from = iterators.reduce((end, iterator) => Math.max(end, endOf(iterator)), 0)
    this.block(node.body, endOf(node), () => {
      for (const variable of variables) this.#declare(variable, from)
    })
  }

  #function(node: Function, isMethod = false): void {
    const outer = this.#names.within
    const within = new FunctionUse(outer, node)
    this.#survey.functions.set(node, within)
    this.#names.within = within
    this.block(node.body, endOf(node), () => {
      if (isMethod) this.#add(new Variable('self', startOf(node), within, true))
      for (const parameter of node.parameters) {
        if (parameter.type !== 'Identifier') continue
        const variable = new Variable(parameter.name, startOf(parameter), within, true)
        within.parameters.push(variable)
        this.#add(variable)
      }
    })
    this.#names.within = outer
  }

  #declare(identifier: Identifier, from: number, value?: Expression): void {
    const variable = new Variable(identifier.name, from, this.#names.within, false)
    variable.writes.push(this.#names.write(startOf(identifier), value))
    this.#add(variable)
  }

  #add(variable: Variable): void {
    this.#survey.variables.push(variable)
    this.#names.visible.add(variable)
  }

  #assign(target: Identifier | Field, value: Expression | undefined): void {
    const { within } = this.#names
    if (target.type === 'Identifier') {
      const named = this.#names.named(target.name)
      if (named === GLOBALS) this.#survey.isOpen = true
      else if (named !== ELSEWHERE) named.writes.push(this.#names.write(startOf(target), value))
      if (!(named instanceof Variable) || named.within !== within) within.hasEffects = true
      return
    }
    within.hasEffects = true
    const field = this.#names.field(target)
    if (field === undefined) this.#expressions.walk(target.base)
    else field.use?.writes.push(this.#names.write(field.offset, value))
    if (target.type === 'IndexExpression') this.#expressions.walk(target.index)
  }
}
