/** What `relayout why` found, for people: of each message first how it fared, then what happened, step by step. */
import { plain, type Terminal } from '../../output/terminal.js'
import { count, moment } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import type { Account } from './account.js'
import { showHead } from './head.js'
import type { Report } from './report.js'
import { withoutRepeats } from './repeats.js'
import { stepsOf } from './steps.js'
import { timeLine } from './time-line.js'

/** `accounts`: those of the report's messages. */
export function show(terminal: Terminal, report: Report, accounts: readonly Account[]): void {
  if (report.messages.length === 0) {
    say(terminal, nothing(report))
    return
  }
  if (report.more) say(terminal, latest(messagesOf(report)))
  if (report.more) terminal.print()
  for (const [i, message] of report.messages.entries()) {
    const account = accounts[i]
    if (!account) continue
    if (i > 0) for (let lines = 0; lines < 2; lines++) terminal.print()
    showHead(terminal, account, message, report.journal.covered?.to ?? '')
    terminal.print()
    for (const line of timeLine(terminal, withoutRepeats(account, stepsOf(account)))) terminal.print(line)
  }
}

function latest(shown: number): string {
  return `The latest ${shown === 1 ? 'message' : count(shown, 'message')} only; --limit shows more`
}

function messagesOf({ messages }: Report): number {
  return new Set(messages.map(({ id }) => id)).size
}

function nothing({ asked, journal: { files, covered } }: Report): string {
  const what =
    'id' in asked
      ? `${asked.id} is not`
      : 'item' in asked
        ? `Item ${asked.item} is not`
        : `No message from or to <${asked.address}> is`
  const where =
    plain(files.at(-1) ?? '') + (files.length > 1 ? ` and its ${count(files.length - 1, 'older file')}` : '')
  if (!covered) return `${where} has no record yet: what happened before the journal was turned on is not in it`
  const time = `from ${moment(Date.parse(covered.from))} to ${moment(Date.parse(covered.to))}`
  return `${what} in ${where}, which has what happened ${time}. What happened before the journal was turned on is not in it, nor what was in older files that are removed by now`
}

function say(terminal: Terminal, text: string): void {
  for (const line of wrapped(plain(text), terminal.columns, '')) terminal.print(line)
}
