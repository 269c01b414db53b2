/** How a message fared, in one glance. */
import type { RecordOf } from '../../../journal/records.js'
import { type Colour, plain, type Terminal } from '../../output/terminal.js'
import { count, moment, size } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import type { Account } from './account.js'
import { DEEPER, endRows } from './end-rows.js'
import { addresses } from './step.js'
import type { Summary } from './summary.js'

const MARGIN = ' '.repeat(12)

/** `parts`: the message, and all that was split off it. `untilWhen`: the journal's last record. */
export function showHead(terminal: Terminal, account: Account, parts: readonly Summary[], untilWhen: string): void {
  const [summary] = parts
  if (!summary) return
  const { id, item, splitFrom, from, size: bytes, queued } = summary
  const title = plain(splitFrom === undefined ? id : `${item}, split off from ${splitFrom}`)
  for (const line of wrapped(title, terminal.columns, '')) terminal.print(terminal.paint('bold', line))
  const row = (title: string, text: string, colour?: Colour): void => {
    const indent = text.startsWith(DEEPER) ? DEEPER + DEEPER : ''
    for (const [i, line] of wrapped(plain(text), terminal.columns - MARGIN.length, indent).entries()) {
      const margin = i === 0 && title !== '' ? `   ${title.padEnd(MARGIN.length - 3)}` : MARGIN
      terminal.print(margin + (colour ? terminal.paint(colour, line) : line))
    }
  }
  if (splitFrom === undefined) row('item', item)
  else row('id', id)
  if (from !== undefined) row('from', `<${from}>`)
  row('to', recipients(account))
  if (bytes !== undefined) row('size', size(bytes))
  if (queued !== undefined) row('queued', moment(Date.parse(queued)))
  row('offered', offers(summary))
  for (const script of scripts(account)) row('script', script)
  for (const [title, text, colour] of endRows(parts, untilWhen)) row(title, text, colour)
}

function recipients(account: Account): string {
  const offer = account.own.map(({ record }) => record).find((record) => record.event === 'offer')
  const source: Pick<RecordOf<'offer' | 'split'>, 'to' | 'recipients'> | undefined = account.origin ?? offer
  if (!source) return 'not recorded'
  const beyond = (source.recipients ?? source.to.length) - source.to.length
  return addresses(source.to, 10) + (beyond > 0 ? ` (${beyond} of them are not recorded)` : '')
}

function offers({ offers, attempts, attemptsBefore, splitFrom }: Summary): string {
  if (offers === 0 && splitFrom !== undefined) return 'as a part of that item'
  const before = attemptsBefore > 0 ? `; ${count(attemptsBefore, 'failed attempt')} before the first record of it` : ''
  return `${offers === 1 ? 'once' : count(offers, 'time')}, ${count(attempts, 'attempt')}${before}`
}

/** Those that decided, with what is known of since when. */
function scripts(account: Account): string[] {
  const reloads = new Map<string, string>()
  const known = new Set<string>()
  for (const { record } of account.entries) {
    if (record.event === 'reload') reloads.set(`${record.script ?? ''} ${record.version ?? ''}`, record.t)
    if (record.event === 'decision') known.add(`${record.script} ${record.version}`)
  }
  return [...known].map((script) => {
    const since = reloads.get(script)
    return since === undefined ? script : `${script}, in force since ${moment(Date.parse(since))}`
  })
}
