/** The command line that a relay server answered, as a user gives it, and the stage that follows from it. */
import { relayoutError } from '../../core/errors.js'
import type { Stage } from '../../core/reply-guards.js'
import { authCommand } from '../../relay/secret-redaction.js'

export interface AnsweredCommand {
  readonly stage: Stage
  /** As ReturnCodeHandler sees it, a byte string: no secret is in it. */
  readonly shown: string
  /** What followed the mechanism of AUTH; nothing of it may be seen. */
  readonly secret: string
}

/** Those that Haraka and the plugin send. */
const STAGES: ReadonlyMap<string, Stage> = new Map([
  ['EHLO', 'ehlo'],
  ['HELO', 'helo'],
  ['LHLO', 'lhlo'],
  ['STARTTLS', 'starttls'],
  ['AUTH', 'auth'],
  ['MAIL', 'mail'],
  ['RCPT', 'rcpt'],
  ['DATA', 'data'],
  ['RSET', 'rset'],
  ['QUIT', 'quit'],
])

const KEYWORDS = /^(?:mail from:|rcpt to:|[a-z]+)/i
const CONTROL = /[\0-\x1f\x7f]/ // eslint-disable-line no-control-regex

/**
 * `text`: a byte string. Throws a RelayoutError, which shows no more of it than the first word: what follows may be a
 * secret. Another command than these is a mistake of writing: neither Haraka nor the plugin sends one.
 */
export function readCommand(text: string): AnsweredCommand {
  if (text === '') return { stage: 'greeting', shown: '', secret: '' }
  if (text === '.') return { stage: 'end-of-data', shown: '.', secret: '' }
  const verb = /^[A-Za-z]*/.exec(text)?.[0] ?? ''
  if (CONTROL.test(text)) throw bad(text, 'it has a control character or a line break in it')
  const stage = STAGES.get(verb.toUpperCase())
  const rest = text.slice(verb.length)
  if (!stage || (rest !== '' && !rest.startsWith(' '))) throw bad(text, 'Haraka sends no such command')
  // As Haraka sends it, whatever the case in which it was typed: scripts look for "^RCPT TO:".
  if (stage !== 'auth') return { stage, shown: text.replace(KEYWORDS, (word) => word.toUpperCase()), secret: '' }
  const { shown, initial } = authCommand(text)
  return { stage, shown, secret: initial }
}

function bad(text: string, why: string): Error {
  const [word = ''] = text.slice(0, 20).split(/[^\x21-\x7e]/, 1)
  const command = /^auth/i.test(word) ? 'AUTH' : word
  return relayoutError('RELAYOUT_E_COMMAND', { command: command || '""', why })
}
