/** The cases that `relayout reply` is asked about: one by its arguments, or many from standard input, a line each. */
import type { Readable } from 'node:stream'

import { fromBytes, toBytes } from '../../../core/byte-string.js'
import { relayoutError, RelayoutError } from '../../../core/errors.js'
import type { Answered } from '../../conversation/conversation.js'
import { readCommand } from '../../conversation/read-command.js'
import { readReply, unescaped } from '../../conversation/read-reply.js'
import { readStandardInput } from '../../standard-input.js'

export interface Case extends Answered {
  /** Of standard input. */
  readonly line?: number
}

/** A line that is no case. */
export interface Mistake {
  readonly line: number
  readonly sentence: string
}

export interface Cases {
  readonly cases: readonly Case[]
  readonly mistakes: readonly Mistake[]
}

/** Of standard input. */
const MOST_MB = 100

/** `command`, `reply`: as the shell gives them. Throws a RelayoutError. */
export function oneCase(command: string, reply: string | undefined): Cases {
  if (reply === undefined) throw relayoutError('RELAYOUT_E_CASE', { what: 'there is no reply' })
  return { cases: [caseOf(toBytes(command), unescaped(toBytes(reply)))], mistakes: [] }
}

/** Rejects with a RelayoutError when there is neither a case nor a mistake. */
export async function casesFrom(stdin: Readable): Promise<Cases> {
  const lines = (await readStandardInput(stdin, MOST_MB)).toString('latin1').split(/\r?\n/)
  const cases: Case[] = []
  const mistakes: Mistake[] = []
  lines.forEach((text, i) => {
    if (text.trim() === '' || text.startsWith('#')) return
    const line = i + 1
    try {
      cases.push({ ...caseIn(text), line })
    } catch (error) {
      if (!(error instanceof RelayoutError)) throw error
      mistakes.push({ line, sentence: `line ${line}: ${error.message}` })
    }
  })
  if (cases.length + mistakes.length === 0) {
    throw relayoutError('RELAYOUT_E_CASE', { what: 'standard input is empty' })
  }
  return { cases, mistakes }
}

function caseIn(line: string): Case {
  if (line.startsWith('{')) return caseInJson(line)
  const tab = line.indexOf('\t')
  if (tab < 0) throw relayoutError('RELAYOUT_E_CASE', { what: 'there is no tab' })
  return caseOf(line.slice(0, tab), unescaped(line.slice(tab + 1)))
}

/** Its strings have their own escapes. */
function caseInJson(line: string): Case {
  let value: Partial<Record<string, unknown>>
  try {
    value = JSON.parse(fromBytes(line)) as Partial<Record<string, unknown>>
  } catch {
    throw relayoutError('RELAYOUT_E_CASE', { what: 'this is no JSON' })
  }
  const { command, reply } = value
  if (typeof command !== 'string' || typeof reply !== 'string') {
    throw relayoutError('RELAYOUT_E_CASE', { what: 'command or reply is missing, or is no string' })
  }
  return caseOf(toBytes(command), toBytes(reply))
}

function caseOf(command: string, reply: string): Case {
  const answered = readCommand(command)
  return { command: answered, reply: readReply(reply, answered.stage === 'auth') }
}
