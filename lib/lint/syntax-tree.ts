/** What the rules ask of the nodes of a syntax tree. */
import type { CallExpression, Expression, Node, StringCallExpression, Statement, TableCallExpression } from 'luaparse'

export type Call = CallExpression | StringCallExpression | TableCallExpression
export type Block = readonly Statement[]
export type Function = Extract<Expression, { type: 'FunctionDeclaration' }>

/** Offset of the node's first character. */
export function startOf(node: Node): number {
  return rangeOf(node)[0]
}

/** Offset behind the node's last character. */
export function endOf(node: Node): number {
  return rangeOf(node)[1]
}

function rangeOf(node: Node): readonly [number, number] {
  return (node as Node & { readonly range?: [number, number] }).range ?? [0, 0]
}

/** A word in quotes, without them; undefined for any other expression, an escape sequence included. */
export function wordOf(node: Expression | undefined): string | undefined {
  if (node?.type !== 'StringLiteral') return undefined
  return /^(["'])([A-Za-z_]\w*)\1$/.exec(node.raw)?.[2]
}

export function isCall(node: Expression): node is Call {
  return node.type === 'CallExpression' || node.type === 'StringCallExpression' || node.type === 'TableCallExpression'
}

export function argumentsOf(call: Call): readonly Expression[] {
  if (call.type === 'CallExpression') return call.arguments
  return [call.type === 'StringCallExpression' ? call.argument : call.arguments]
}
