/** How a message ended, or what it waits for, recipient by recipient. */
import type { Colour } from '../../output/terminal.js'
import { moment } from '../../output/units.js'
import { bySaid } from './outcome-step.js'
import { addresses, spell } from './step.js'
import type { Doing, RecipientEnd, RecipientState, Summary } from './summary.js'

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

/** `offered`: when it was, each time. `untilWhen`: the journal's last record. */
export function endRows(summary: Summary, offered: readonly string[], untilWhen: string): Row[] {
  const { recipients, queued, doing } = summary
  const inQueue = summary.state === 'in the queue'
  const rows: (readonly [string, Colour])[] = inQueue ? [[inTheQueue(summary, untilWhen), 'yellow']] : []
  for (const state of STATES) {
    const mine = recipients.filter((recipient) => recipient.state === state)
    if (state === 'queued' && mine.length === recipients.length) continue
    const attempts = byAttempt(mine, offered)
    for (const [i, some] of attempts.entries()) {
      const at = some.reduce((last, { at = '' }) => (at > last ? at : last), '')
      const told = state === doing && i === attempts.length - 1
      if (state === 'queued') rows.push(['not tried yet', COLOURS[state]])
      else if (!told) rows.push([`${state} ${moment(Date.parse(at))}${took(queued, at)}`, COLOURS[state]])
      for (const [said, to] of bySaid(some)) {
        const whom = recipients.length > 1 ? `${addresses(to)}${said && ': '}` : ''
        if (whom + said !== '') rows.push([DEEPER + whom + said, COLOURS[state]])
      }
    }
  }
  if (rows.length === 0) rows.push(['not recorded', 'yellow'])
  const title = inQueue ? 'now' : 'ended'
  return rows.map(([text, colour], i) => [i === 0 ? title : '', text, colour])
}

/** Those together that had their ends in one attempt, the earliest first. */
function byAttempt(recipients: readonly RecipientEnd[], offered: readonly string[]): RecipientEnd[][] {
  const attempts = new Map<number, RecipientEnd[]>()
  for (const recipient of recipients) {
    const { at = '' } = recipient
    const attempt = offered.filter((t) => t <= at).length
    const some = attempts.get(attempt)
    if (some) some.push(recipient)
    else attempts.set(attempt, [recipient])
  }
  return [...attempts].sort(([a], [b]) => a - b).map(([, some]) => some)
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
