/**
 * A script's syntax tree, or why there is none.
 *
 * The parser is not the engine's. It refuses a hexadecimal number that begins with its point (`0x.8`), takes a number
 * with a word right behind it (`1b`) and an empty first argument (`f(, x)`), and knows none of the engine's bounds
 * (200 levels, 200 locals of a function).
 */
import { parse } from 'luaparse'
import type { Chunk } from 'luaparse'
import { fromBytes } from '../core/byte-string.js'
import { oneLine } from '../core/log-line.js'
import { BACKSLASH } from '../script/old-idiom-advice.js'

export type Parsed =
  | { readonly chunk: Chunk }
  | { readonly offset: number; readonly fault: string }
  /** Too much of something: the parser would take more than a moment, or the stack. */
  | { readonly tooMuch: string }

const LONGEST_FAULT = 200

/** Each one without its label is looked at with each end of a block. */
const MOST_GOTOS = 1000

/** Each bracket in such a string is looked at with all the equals signs. */
const LONG_BRACKET = /\[={50,}\[/

export const TOO_DEEP = 'it is nested deeper than the 200 levels that the script engine takes'

export function parseScript(text: string): Parsed {
  if (LONG_BRACKET.test(text)) return { tooMuch: 'it has a long bracket of more than 50 equals signs' }
  if ((text.match(/\bgoto\b/g)?.length ?? 0) > MOST_GOTOS) return { tooMuch: `it has more than ${MOST_GOTOS} goto` }
  try {
    // The parser keeps the last token that it has seen, for its messages, and a reference to the last text.
    parse('')
    // With encodingMode 'none' a string has no value, which the parser would confuse with a keyword: return "end".
    return { chunk: parse(text, { luaVersion: '5.3', encodingMode: 'none', comments: false, ranges: true }) }
  } catch (error) {
    if (error instanceof SyntaxError) return faultOf(error, text)
    return { tooMuch: error instanceof RangeError ? TOO_DEEP : 'its parser has failed' }
  }
}

function faultOf(error: SyntaxError & { readonly index?: number }, text: string): Parsed {
  const offset = Math.min(error.index ?? 0, text.length)
  // What the parser calls near is behind, for a character that it does not know.
  const message = error.message
    .replace(/^\[\d+:\d+\] /, '')
    .replace(/^unexpected symbol '([^'\w])' near .*$/s, "unexpected symbol near '$1'")
  const fault = oneLine(fromBytes(message), LONGEST_FAULT)
  const advice = adviceOn(message, text.slice(offset, offset + 2), text.slice(Math.max(0, offset - 2), offset))
  return { offset, fault: advice === undefined ? fault : `${fault} (${advice})` }
}

/** `next`, `before`: the characters on both sides of the place. */
function adviceOn(message: string, next: string, before: string): string | undefined {
  if (message.startsWith('invalid escape sequence')) return BACKSLASH
  if (next === '!=') return 'Lua writes ~= for unequal'
  if (next.startsWith('!')) return 'Lua writes not'
  if (next === '&&' || before.endsWith('&')) return 'Lua writes and'
  if (next === '||' || before.endsWith('|')) return 'Lua writes or'
  if (message.startsWith("'then' expected near '='")) return 'to compare, Lua writes =='
  if (/^(?:[-+*/]=|\+\+)/.test(next)) return 'Lua writes x = x + 1'
  return undefined
}
