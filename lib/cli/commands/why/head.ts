/** How a message fared, in one glance. */
import { type Colour, plain, type Terminal } from '../../output/terminal.js'
import { count, moment, size } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import type { Account } from './account.js'
import { DEEPER, endRows } from './end-rows.js'
import { addresses } from './step.js'
import type { Summary } from './summary.js'

const MARGIN = ' '.repeat(12)

/** `untilWhen`: the journal's last record. */
export function showHead(terminal: Terminal, account: Account, summary: Summary, untilWhen: string): void {
  const { id, item, from, size: bytes, queued } = summary
  for (const line of wrapped(plain(id), terminal.columns, '')) terminal.print(terminal.paint('bold', line))
  const row = (title: string, text: string, colour?: Colour): void => {
    const indent = text.startsWith(DEEPER) ? DEEPER + DEEPER : ''
    for (const [i, line] of wrapped(plain(text), terminal.columns - MARGIN.length, indent).entries()) {
      const margin = i === 0 && title !== '' ? `   ${title.padEnd(MARGIN.length - 3)}` : MARGIN
      terminal.print(margin + (colour ? terminal.paint(colour, line) : line))
    }
  }
  row('item', item)
  if (from !== undefined) row('from', `<${from}>`)
  row('to', recipients(account))
  if (bytes !== undefined) row('size', size(bytes))
  if (queued !== undefined) row('queued', moment(Date.parse(queued)))
  row('offered', offers(summary))
  for (const script of scripts(account)) row('script', script)
  const offered = account.own.filter(({ record }) => record.event === 'offer').map(({ record }) => record.t)
  for (const [title, text, colour] of endRows(summary, offered, untilWhen)) row(title, text, colour)
}

function recipients(account: Account): string {
  const offer = account.own.map(({ record }) => record).find((record) => record.event === 'offer')
  if (!offer) return 'not recorded'
  const beyond = (offer.recipients ?? offer.to.length) - offer.to.length
  return addresses(offer.to, 10) + (beyond > 0 ? ` (${beyond} of them are not recorded)` : '')
}

function offers({ offers, attempts, attemptsBefore }: Summary): string {
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
