/** What `relayout backtest` found, for people: the counts first, then the messages and the replies. */
import { type Column, table } from '../../output/table.js'
import { plain, type Terminal } from '../../output/terminal.js'
import { count, duration } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import { showHeard } from '../../rehearsal/show-heard.js'
import type { MessageDifference, ReplyDifference } from './compare.js'
import { type Fate, type Kind, KINDS } from './fate.js'
import type { BacktestReport, ScriptName } from './report.js'

const WORDS: Readonly<Record<Kind, string>> = {
  taken: 'would be taken',
  skipped: 'would be skipped or held',
  passed: 'would be left to Haraka alone',
  sender: 'would go by another sender',
  moved: 'would go at another place in the order',
  priority: 'would have another priority, and the same place',
  details: 'would differ in something else',
}

const MESSAGES: readonly Column[] = [
  { title: '' },
  { title: 'MESSAGE', least: 14 },
  { title: 'TO', least: 12 },
  { title: 'NOW', least: 16, wraps: true },
  { title: 'THEN', least: 16, wraps: true },
]

const REPLIES: readonly Column[] = [
  { title: '' },
  { title: 'TIMES', align: 'right' },
  { title: 'REPLY', least: 16, wraps: true },
  { title: 'NOW', least: 16, wraps: true },
  { title: 'THEN', least: 16, wraps: true },
]

/** `limit`: messages of each kind. */
export function show(terminal: Terminal, report: BacktestReport, limit: number): void {
  const print = (line: string): void => terminal.print(line)
  print(`${terminal.paint('dim', 'now ')}  ${scripts(report.before)}`)
  print(`${terminal.paint('dim', 'then')}  ${scripts(report.after)}`)
  print(`${terminal.paint('dim', 'over')}  ${input(report)}`)
  print('')
  for (const line of countLines(terminal, report)) print(line)
  for (const kind of KINDS) showMessages(terminal, kind, report, limit)
  showReplies(terminal, report, limit)
  for (const [name, heard] of Object.entries({ now: report.heard.before, then: report.heard.after })) {
    if (heard.length === 0) continue
    print(`\n${terminal.paint('bold', `The script ${name} also says`)}`)
    showHeard(terminal, heard)
  }
  if (report.remarks.length > 0) print('')
  for (const remark of report.remarks) {
    for (const line of wrapped(plain(remark), terminal.columns, '   ')) print(terminal.paint('yellow', line))
  }
}

function scripts(names: readonly ScriptName[]): string {
  return names.map(({ file, version }) => `${plain(file)} (${version})`).join(', ')
}

function input({ read }: BacktestReport): string {
  const inputs = [
    ...(read.file > 0 ? [count(read.file, 'message')] : []),
    ...(read.queue > 0 ? [`${count(read.queue, 'message')} in the queue`] : []),
    ...(read.journal + read.replies > 0
      ? [`${count(read.journal, 'offer')} and ${count(read.replies, 'reply', 'replies')} in the journal`]
      : []),
  ]
  return inputs.join(', ') || 'nothing: no message was found'
}

function countLines(terminal: Terminal, { counts, replyCounts }: BacktestReport): string[] {
  const rows = [
    ...KINDS.filter((kind) => counts[kind] > 0).map((kind) => [number(counts[kind]), WORDS[kind]]),
    [number(counts.same), counts.same === 1 ? 'message is the same' : 'messages are the same'],
    ...(replyCounts.different > 0
      ? [[number(replyCounts.different), `${repliesWord(replyCounts.different)} would be rewritten differently`]]
      : []),
    ...(replyCounts.same + replyCounts.different > 0
      ? [
          [
            number(replyCounts.same),
            `${repliesWord(replyCounts.same)} ${replyCounts.same === 1 ? 'is' : 'are'} the same`,
          ],
        ]
      : []),
  ]
  return table(terminal, [{ title: '', align: 'right' }, { title: '' }], rows).slice(1)
}

const repliesWord = (amount: number): string => (amount === 1 ? 'reply' : 'replies')
const number = (amount: number): string => amount.toLocaleString('en-US')

function showMessages(terminal: Terminal, kind: Kind, { messages }: BacktestReport, limit: number): void {
  const some = messages.filter((message) => message.kind === kind)
  if (some.length === 0) return
  terminal.print(`\n${terminal.paint('bold', capital(WORDS[kind]))}`)
  const shown = some.slice(0, limit)
  for (const line of table(terminal, MESSAGES, shown.map(messageCells))) terminal.print(line)
  if (some.length > limit) terminal.print(`   and ${number(some.length - limit)} more (--limit)`)
}

function messageCells({ message, to, before, after }: MessageDifference): string[] {
  const more = to.length > 1 ? ` +${to.length - 1}` : ''
  return ['', plain(message), plain(to[0] ?? '') + more, fate(before), fate(after)]
}

function fate({ outcome, sender = '', priority, reason, retrySeconds = 0, forceLastTry, tag }: Fate): string {
  if (outcome === 'pass') return 'Haraka alone'
  if (outcome === 'take') {
    const how = [sender, String(priority), forceLastTry ? 'last try' : '', tag ? 'tagged' : '']
      .filter(Boolean)
      .join(', ')
    return plain(reason ? `${how}: ${reason}` : how)
  }
  return plain(`${outcome === 'hold' ? 'held' : 'skip'} ${duration(retrySeconds)}: ${reason ?? ''}`)
}

function showReplies(terminal: Terminal, { replies }: BacktestReport, limit: number): void {
  if (replies.length === 0) return
  terminal.print(`\n${terminal.paint('bold', 'Replies that would be rewritten differently')}`)
  for (const line of table(terminal, REPLIES, replies.slice(0, limit).map(replyCells))) terminal.print(line)
  if (replies.length > limit) terminal.print(`   and ${number(replies.length - limit)} more (--limit)`)
}

function replyCells({ command, real, before, after, count: times }: ReplyDifference): string[] {
  const word = command === '' ? 'greeting' : command === '.' ? 'end of message' : (command.split(/[ :]/)[0] ?? '')
  return ['', number(times), plain(`${word}: ${real}`), plain(before), plain(after)]
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
