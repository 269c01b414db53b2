/** Callbacks that return nothing where the mail server waits for something, and values that it takes for nothing. */
import type { Expression } from 'luaparse'
import type { Callback } from '../script/port.js'
import type { CallbackFunction } from './callback-functions.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { FunctionUse } from './name-use.js'
import { startOf } from './syntax-tree.js'

const TYPES: Readonly<Record<string, string>> = {
  BooleanLiteral: 'a boolean',
  NumericLiteral: 'a number',
  StringLiteral: 'a string',
  FunctionDeclaration: 'a function',
  TableConstructorExpression: 'a table',
}

export function* callbackReturns(callbacks: readonly CallbackFunction[]): Generator<Remark> {
  for (const { name, use, write } of callbacks) {
    if (use === undefined) continue
    const missing = use.returnsValue ? undefined : withoutValue(name, use)
    if (missing !== undefined) yield warning('returns-nothing', write.offset, missing)
    for (const { value } of use.returns) {
      const wrong = wrongValue(name, value)
      if (wrong !== undefined) yield warning('wrong-return', startOf(value), wrong)
    }
  }
}

/** A function that only looks on (counts, prints) need not return anything. */
function withoutValue(name: Callback, use: FunctionUse): string | undefined {
  if (name === 'CheckFile') {
    return 'CheckFile returns nothing: its Actions are taken as it left them, with a warning. End it with return Actions'
  }
  if (use.isEmpty || use.hasEffects) return undefined
  if (name === 'ReturnCodeHandler') {
    return 'ReturnCodeHandler returns nothing, and so changes nothing: return the new reply'
  }
  if (name === 'ModifyReturnPath') {
    return 'ModifyReturnPath returns nothing, and so changes nothing: return the address to use'
  }
  return undefined
}

function wrongValue(name: Callback, value: Expression): string | undefined {
  const type = TYPES[value.type]
  if (type === undefined) return undefined
  if (name === 'CheckFile' || name === 'ServerDetails') {
    if (value.type === 'TableConstructorExpression') return undefined
    return `${name} fails with ${type}: return Actions`
  }
  if (name === 'ModifyReturnPath' && value.type !== 'StringLiteral') {
    return `ModifyReturnPath fails with ${type}: return an address, or nothing`
  }
  if (name === 'ReturnCodeHandler') return wrongReply(value, type)
  return undefined
}

function wrongReply(value: Expression, type: string): string | undefined {
  if (value.type === 'BooleanLiteral') return undefined
  if (value.type !== 'StringLiteral') {
    return `${type} leaves the reply as it is: return the whole new reply as a string, "550 5.1.1 User unknown"`
  }
  const first = /^["']([^\\])/.exec(value.raw)?.[1]
  if (first === undefined || /[2-5"']/.test(first)) return undefined
  return 'this is no reply, and leaves the old one as it is: a reply starts with a code, "550 5.1.1 User unknown"'
}
