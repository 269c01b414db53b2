/** What became of the recipients, those of whom the same was said together. */
import type { RecordOf, ToldRecipient } from '../../../journal/records.js'
import type { Colour } from '../../output/terminal.js'
import { after } from './again.js'
import { addresses, deeper, line, type StepLine } from './step.js'

export const OUTCOME_COLOURS: Readonly<Record<RecordOf<'outcome'>['outcome'], Colour>> = {
  delivered: 'green',
  deferred: 'yellow',
  held: 'yellow',
  bounced: 'red',
}

export function toldLines(record: RecordOf<'outcome'>): StepLine[] {
  const { outcome, reason, delay, tls, auth, told, t } = record
  const colour = OUTCOME_COLOURS[outcome]
  const how = [tls ? 'under TLS' : '', auth ? 'after AUTH' : ''].filter(Boolean).join(', ')
  const again = delay === undefined ? '' : `; tried again ${after(delay, t)}`
  const groups = bySaid(told)
  const [only] = groups
  if (groups.length === 1 && only && (only[0] === reason || only[0] === '')) {
    return [line(`${outcome}${how && ` ${how}`}: ${addresses(only[1], Infinity)}: ${reason}${again}`, colour)]
  }
  return [
    line(`${outcome}${how && ` ${how}`}: ${reason}${again}`, colour),
    ...groups.map(([said, to]) => deeper(`${addresses(to, Infinity)}${said && `: ${said}`}`, colour)),
  ]
}

/** In the order in which each was said first. */
export function bySaid(told: readonly ToldRecipient[]): [string, string[]][] {
  const groups = new Map<string, string[]>()
  for (const { to, said = '' } of told) {
    const group = groups.get(said)
    if (group) group.push(to)
    else groups.set(said, [to])
  }
  return [...groups]
}
