/** What `relayout try` found, for people. */
import { type Column, table } from '../../output/table.js'
import { plain, plainEnd, type Terminal } from '../../output/terminal.js'
import { count, duration, size } from '../../output/units.js'
import { showHeard } from '../../rehearsal/show-heard.js'
import type { Answer, Report, ReportedAnswer, ReportedMessage } from './report.js'

const ANSWERS: readonly Column[] = [
  { title: '' },
  { title: 'SENDER', least: 8 },
  { title: 'FILTER' },
  { title: 'ANSWER' },
  { title: 'PRIORITY', align: 'right' },
  { title: 'RETRY', align: 'right' },
  { title: 'REASON', least: 20, wraps: true },
]

const ORDER: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'SENDER', least: 8 },
  { title: 'PRIORITY', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'MESSAGE', least: 20 },
  { title: 'TO', least: 12 },
]

const COLOURS = { take: 'green', skip: 'yellow', hold: 'red' } as const

export function show(terminal: Terminal, report: Report): void {
  for (const message of report.messages) showMessage(terminal, message)
  showOrder(terminal, report)
  showHeard(terminal, report.heard)
}

function showMessage(terminal: Terminal, message: ReportedMessage): void {
  terminal.print(terminal.paint('bold', plainEnd(message.message, terminal.columns)))
  terminal.print(plain(envelope(message), terminal.columns))
  const rows = message.answers.map((answer) => ['', ...cells(terminal, message, answer)])
  for (const line of table(terminal, ANSWERS, rows)) terminal.print(line)
  terminal.print(`   ${outcome(message)}`)
  terminal.print()
}

function envelope({ from, to, size: bytes }: ReportedMessage): string {
  return `   ${size(bytes)}, from <${from}> to ${to.map((address) => `<${address}>`).join(', ')}`
}

function cells(terminal: Terminal, message: ReportedMessage, answer: ReportedAnswer): string[] {
  const { sender, filter, priority, retrySeconds, reason, failure, warnings = [], forceLastTry } = answer
  const remarks = [reason, failure === reason ? undefined : failure, ...warnings, forceLastTry ? 'last try' : undefined]
  return [
    plain(sender),
    filter ? 'yes' : terminal.paint('dim', 'no'),
    answer.answer ? word(terminal, answer.answer) : terminal.paint('dim', filter ? `not asked` : '-'),
    priority === undefined ? '' : String(priority),
    retrySeconds === undefined ? '' : duration(retrySeconds),
    filter && !answer.answer ? terminal.paint('dim', notAsked(message)) : plain(remarks.filter(Boolean).join('; ')),
  ]
}

function word(terminal: Terminal, answer: Answer): string {
  return terminal.paint(COLOURS[answer], answer)
}

function notAsked({ outcome, sender }: ReportedMessage): string {
  return outcome === 'take' ? `${plain(sender ?? '')} takes it` : 'it is held'
}

function outcome({ outcome, sender, retrySeconds = 0 }: ReportedMessage): string {
  if (outcome === 'take') return `goes by ${plain(sender ?? '')}`
  if (outcome === 'pass') return 'no sender is for it: Haraka delivers it as if the plugin were not there'
  return `${outcome === 'hold' ? 'is held: asked' : 'stays in the queue: asked'} about again after ${duration(retrySeconds)}`
}

function showOrder(terminal: Terminal, { order, messages }: Report): void {
  if (messages.length < 2) return
  const left = messages.length - order.length
  const stays = left > 0 ? `; ${count(left, 'message')} not taken` : ''
  terminal.print(terminal.paint('bold', `Sending order of ${count(order.length, 'message')}${stays}`))
  if (order.length === 0) return
  const rows = order.map(({ position, sender, priority, message }) => {
    const one = messages[message]
    const to = one?.to ?? []
    const more = to.length > 1 ? ` +${to.length - 1}` : ''
    return [
      String(position),
      plain(sender),
      String(priority),
      size(one?.size ?? 0),
      plain(one?.message ?? ''),
      plain(to[0] ?? '') + more,
    ]
  })
  for (const line of table(terminal, ORDER, rows)) terminal.print(line)
  terminal.print()
}
