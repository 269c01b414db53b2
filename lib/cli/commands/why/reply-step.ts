/** A reply of the relay server, and what was made of it. */
import type { RecordOf } from '../../../journal/records.js'
import type { Colour } from '../../output/terminal.js'
import { deeper, line, type StepLine } from './step.js'

const STAGES: Readonly<Record<string, string>> = { '': 'greeting', '.': 'end of data' }

const MADE: Readonly<Record<string, string>> = {
  applied: 'rewritten',
  adjusted: 'rewritten, and adjusted',
  refused: 'the script’s reply is refused',
  invalid: 'what the script returns is no reply',
}

export function replyLines(record: RecordOf<'reply'>): StepLine[] {
  const { command, reply, outcome, presented, returned, warnings = [] } = record
  const made = outcome === undefined ? [] : [MADE[outcome] ?? outcome]
  return [
    line(STAGES[command] ?? command, 'dim'),
    ...reply.map((text) => deeper(text, colourOf(text))),
    ...(presented ?? []).map((text, i) => deeper(`${i === 0 ? '→' : ' '} ${text}`, 'yellow')),
    ...made.map((text) => deeper(returned === undefined ? `  ${text}` : `  ${text}: ${returned}`, 'yellow')),
    ...warnings.map((warning) => deeper(`  ${warning}`, 'yellow')),
  ]
}

function colourOf(reply: string): Colour | undefined {
  return reply.startsWith('5') ? 'red' : reply.startsWith('4') ? 'yellow' : undefined
}
