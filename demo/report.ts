/**
 * What `npm run demo` prints about its messages, and where they differ from what was to be.
 */
import type { Observation } from './observation.js'
import { type Case, EXPECTED_ORDER, type Expected } from './scenario.js'
import { table } from './table.js'

export interface Result {
  readonly case: Case
  readonly observation: Observation
}

const COLUMNS = [
  { title: 'message', width: 16 },
  { title: 'sent', width: 4 },
  { title: 'sender', width: 6 },
  { title: 'prio', width: 4 },
  { title: 'reason', width: 14 },
  { title: 'reply of the relay → reply after the script', width: 30 },
  { title: 'outcome', width: 14 },
]

export function resultTable(results: readonly Result[]): string {
  const rows = results.map(({ case: { title }, observation: seen }) => [
    title,
    seen.place === undefined ? '–' : ordinal(seen.place),
    seen.sender ?? '–',
    String(seen.priority ?? '–'),
    seen.reason ?? '–',
    replies(seen),
    outcome(seen),
  ])
  return table(COLUMNS, rows)
}

/** Whatever is not as expected, one sentence each. */
export function differences(results: readonly Result[]): string[] {
  return [
    ...results.flatMap(({ case: { title, expected }, observation }) => of(title, expected, observation)),
    ...order(results),
  ]
}

/** Whether there is nothing more to wait for. */
export function isComplete({ case: { expected }, observation: seen }: Result): boolean {
  const told = expected.bounced === 0 || seen.reported
  return told && seen.fate === expected.fate && seen.delivered === expected.delivered
}

function of(title: string, expected: Expected, seen: Observation): string[] {
  const wrong: string[] = []
  const same = (what: string, wanted: Shown, is: Shown): void => {
    if (wanted !== is) wrong.push(`"${title}": ${what} is ${shown(is)} and should be ${shown(wanted)}.`)
  }
  const like = (what: string, wanted: RegExp | undefined, is: string | undefined): void => {
    if (wanted ? !wanted.test(is ?? '') : is !== undefined) same(what, wanted, is)
  }
  same('its outcome', expected.fate, seen.fate)
  same('the number of its recipients that were delivered to', expected.delivered, seen.delivered)
  same('the number of its bounces', expected.bounced, seen.bounced)
  same('whether its sender got a report', expected.bounced > 0, seen.reported)
  same('its sender', expected.sender, seen.sender)
  same('its priority', expected.priority, seen.priority)
  like('the reason for skipping it', expected.reason, seen.reason)
  like('the reply of the relay', expected.reply, seen.reply)
  like('the reply after the script', expected.rewritten, seen.rewritten)
  if (expected.diagnostic) like('the reply in the report to its sender', expected.diagnostic, seen.diagnostic)
  return wrong
}

function order(results: readonly Result[]): string[] {
  const sent = results
    .filter(({ case: { key } }) => EXPECTED_ORDER.some((known) => known === key))
    .sort((a, b) => (a.observation.place ?? Infinity) - (b.observation.place ?? Infinity))
    .map(({ case: { key } }) => key)
  const [is, wanted] = [sent.join(', '), EXPECTED_ORDER.join(', ')]
  return is === wanted ? [] : [`The messages left in the order ${is}; the script has ${wanted}.`]
}

function replies({ reply = '–', rewritten }: Observation): string {
  return rewritten === undefined ? reply : `${reply}\n→ ${rewritten}`
}

function outcome(seen: Observation): string {
  const parts: string[] = []
  if (seen.fate === 'delivered') parts.push(seen.bounced > 0 ? `delivered to ${seen.delivered}` : 'delivered')
  else if (seen.fate !== 'bounced') parts.push(seen.fate ?? 'unknown')
  if (seen.bounced > 0) parts.push(seen.reported ? 'bounced, sender was told' : 'bounced')
  return parts.join(', ')
}

function ordinal(place: number): string {
  const suffix = ['th', 'st', 'nd', 'rd'][place % 100 > 10 && place % 100 < 14 ? 0 : place % 10] ?? 'th'
  return `${place}${suffix}`
}

type Shown = string | number | boolean | RegExp | undefined

function shown(value: Shown): string {
  return value === undefined ? 'nothing' : String(value)
}
