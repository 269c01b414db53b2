/**
 * What to write instead, where a script for an older Lua fails on something that is gone from the language: the
 * implicit table `arg` of Lua 5.0 and 5.1, `for k, v in t` of Lua 5.0, and a backslash before any character.
 *
 * The first two are found in the code of the running function, by what the failing instruction works on.
 */
import { BACKSLASH, IMPLICIT_ARG, TABLE_LOOP } from '../old-idiom-advice.js'
import { fromBytes } from './byte-string.js'
import type { CallInfo, Instruction, LuaState, TValue } from './fengari-types.js'

/** lstate.js: the frame is one of a Lua function. */
const CIST_LUA = 1 << 1
// lopcodes.js.
const OP_GETTABUP = 6
const OP_CALL = 36
const OP_TAILCALL = 37
const OP_TFORCALL = 41
/** A key operand from here on is a constant. */
const FIRST_CONSTANT = 256

/** That a call can name; more can only come from `...` or another call. */
const MOST_ARGUMENTS = 250

const INVALID_ESCAPE = 'invalid escape sequence'

/** A message of the lexer or the parser, with advice if there is any. */
export function withSyntaxAdvice(message: string): string {
  return message === INVALID_ESCAPE ? `${message} (${BACKSLASH})` : message
}

/** For `value`, on which an operation has failed; '' if it is nothing of the kind. */
export function adviceOn(L: LuaState, value: TValue): string {
  const frame = luaFrame(L)
  if (frame === undefined) return ''
  // A library function has met the value: it may be one of its arguments.
  if (frame !== L.ci) return adviceOnArguments(L)
  if (value.ttistable() && current(frame)?.opcode === OP_TFORCALL) return `; ${TABLE_LOOP}`
  if (!value.ttisnil()) return ''
  for (let at = frame.l_base; at < frame.top; at++) {
    if (L.stack[at] === value) return isFromArg(frame, at - frame.l_base) ? ` (global 'arg'); ${IMPLICIT_ARG}` : ''
  }
  return ''
}

/** For the running library function, which refuses its arguments. */
export function adviceOnArguments(L: LuaState): string {
  const frame = luaFrame(L)
  if (frame === undefined || frame === L.ci) return ''
  const call = current(frame)
  if (call?.opcode !== OP_CALL && call?.opcode !== OP_TAILCALL) return ''
  const first = L.ci.funcOff + 1
  for (let at = first; at < Math.min(L.top, first + MOST_ARGUMENTS); at++) {
    if (L.stack[at]?.ttisnil() === true && isFromArg(frame, at - frame.l_base)) return `; ${IMPLICIT_ARG}`
  }
  return ''
}

/** The running function, or the one that has called it, if it is written in Lua. */
function luaFrame(L: LuaState): CallInfo | undefined {
  if ((L.ci.callstatus & CIST_LUA) !== 0) return L.ci
  const { previous } = L.ci
  return previous !== null && (previous.callstatus & CIST_LUA) !== 0 ? previous : undefined
}

function current(frame: CallInfo): Instruction | undefined {
  return frame.l_code[frame.l_savedpc - 1]
}

/** Whether the last instruction that wrote to the register has read the global `arg`. */
function isFromArg(frame: CallInfo, register: number): boolean {
  for (let at = frame.l_savedpc - 2; at >= 0; at--) {
    const instruction = frame.l_code[at]
    if (instruction?.A !== register) continue
    if (instruction.opcode !== OP_GETTABUP || instruction.C < FIRST_CONSTANT) return false
    const key = frame.func.value.p.k[instruction.C - FIRST_CONSTANT]
    return key?.ttisstring() === true && fromBytes((key.value as { realstring: Uint8Array }).realstring) === 'arg'
  }
  return false
}
