/** How a message ended, or what it waits for: of all its recipients, also those in items that were split off. */
import type { Colour } from '../../output/terminal.js'
import { moment } from '../../output/units.js'
import { bySaid } from './outcome-step.js'
import { addresses, spell } from './step.js'
import { type Doing, isDone, type RecipientState, type Summary } from './summary.js'

export type Row = readonly [title: string, text: string, colour: Colour | undefined]

const COLOURS: Readonly<Record<RecipientState, Colour>> = {
  delivered: 'green',
  bounced: 'red',
  deferred: 'yellow',
  held: 'yellow',
  queued: 'yellow',
}

const DOING: Readonly<Record<Doing, string>> = {
  skipped: 'it is skipped',
  deferred: 'it was deferred',
  held: 'it is held, since a script failed',
  waiting: 'it waits for its turn',
  'under way': 'it is under way',
  'left to Haraka': 'it is left to Haraka',
  offered: 'it was offered',
}

/** In the order in which they are told. */
const STATES: readonly RecipientState[] = ['deferred', 'held', 'queued', 'delivered', 'bounced']

/** Begins what belongs to the row above. */
export const DEEPER = '  '

/** `untilWhen`: the journal's last record. */
export function endRows(parts: readonly Summary[], untilWhen: string): Row[] {
  const [whole] = parts
  const recipients = parts.flatMap((part) => part.recipients)
  const queued = parts.filter((part) => !isDone(part.state))
  const rows: (readonly [string, Colour])[] = queued.map((part) => [inTheQueue(part, untilWhen), 'yellow'])
  for (const state of STATES) {
    const mine = recipients.filter((recipient) => recipient.state === state)
    if (mine.length === 0 || (state === 'queued' && mine.length === recipients.length)) continue
    const at = mine.reduce((last, { at = '' }) => (at > last ? at : last), '')
    const told = queued.length > 0 && queued.every(({ doing }) => doing === state)
    if (state === 'queued') rows.push(['not tried yet', COLOURS[state]])
    else if (!told) rows.push([`${state} ${moment(Date.parse(at))}${took(whole?.queued, at)}`, COLOURS[state]])
    for (const [said, to] of bySaid(mine)) {
      const whom = recipients.length > 1 ? `${addresses(to)}${said && ': '}` : ''
      if (whom + said !== '') rows.push([DEEPER + whom + said, COLOURS[state]])
    }
  }
  if (rows.length === 0) rows.push(['its recipients are in the items that it was split into', 'yellow'])
  const title = queued.length > 0 ? 'now' : 'ended'
  return rows.map(([text, colour], i) => [i === 0 ? title : '', text, colour])
}

function took(queued: string | undefined, at: string): string {
  const seconds = queued === undefined ? 0 : (Date.parse(at) - Date.parse(queued)) / 1000
  return seconds >= 0.1 ? `, ${spell(seconds)} after it came in` : ''
}

function inTheQueue({ doing, doingSince, again }: Summary, untilWhen: string): string {
  const what =
    doing === undefined || doingSince === undefined ? '' : `: ${DOING[doing]}, ${moment(Date.parse(doingSince))}`
  if (again === undefined) return `in the queue${what}`
  const due = moment(Date.parse(again))
  return again > untilWhen
    ? `in the queue${what}; again at ${due}`
    : `in the queue${what}; it was due at ${due}, and nothing was recorded since`
}
