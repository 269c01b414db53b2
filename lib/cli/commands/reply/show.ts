/** What `relayout reply` found, for people. */
import { type Column, table } from '../../output/table.js'
import { type Colour, plain, type Terminal } from '../../output/terminal.js'
import { showHeard } from '../../rehearsal/show-heard.js'
import type { HarakaDoes } from '../../conversation/haraka-does.js'
import type { Report, ReportedAnswer, ReportedCase, ReportedReply } from './report.js'

const DETAILS: readonly Column[] = [{ title: '' }, { title: '' }, { title: '', least: 20, wraps: true }]

/** Of a text of a server or a script. */
const MOST_CHARACTERS = 1_000

const COLOURS: Readonly<Record<ReportedAnswer['outcome'], Colour>> = {
  unchanged: 'dim',
  applied: 'green',
  adjusted: 'yellow',
  refused: 'red',
  invalid: 'red',
}

const MEANINGS: Readonly<Record<ReportedAnswer['outcome'], string>> = {
  unchanged: 'the reply stands as it came',
  applied: 'Haraka is given what the script returned',
  adjusted: 'a guard changed the reply',
  refused: 'a guard did not take what the script returned',
  invalid: 'what the script returned is no reply, and the real one stands',
}

const DEEDS: Readonly<Record<HarakaDoes['does'], Colour>> = {
  'goes on': 'green',
  delivers: 'green',
  defers: 'yellow',
  bounces: 'red',
  loses: 'red',
  nothing: 'dim',
}

/** One case in full; senders with the same result stand together. */
export function showOne(terminal: Terminal, { cases, heard }: Report): void {
  for (const one of cases) {
    terminal.print(terminal.paint('bold', plain(commandOf(one), terminal.columns)))
    for (const { names, answer } of grouped(one.answers)) showAnswer(terminal, names, answer)
  }
  showHeard(terminal, heard)
}

function grouped(answers: readonly ReportedAnswer[]): { names: string[]; answer: ReportedAnswer }[] {
  const groups = new Map<string, { names: string[]; answer: ReportedAnswer }>()
  for (const answer of answers) {
    const key = JSON.stringify({ ...answer, sender: '' })
    const group = groups.get(key)
    if (group) group.names.push(answer.sender)
    else groups.set(key, { names: [answer.sender], answer })
  }
  return [...groups.values()]
}

function showAnswer(terminal: Terminal, names: readonly string[], answer: ReportedAnswer): void {
  const { real, outcome, warnings, presented, connection, haraka, withoutScript } = answer
  const rows = [
    [names.length === 1 ? 'sender' : 'senders', plain(names.join(', '))],
    ['real reply', shown(real)],
    ['script says', scriptSays(answer)],
    ['outcome', `${terminal.paint(COLOURS[outcome], outcome)}: ${MEANINGS[outcome]}`],
    ...warnings.map(({ sentence }) => [terminal.paint('yellow', 'warning'), plain(sentence, MOST_CHARACTERS)]),
    ...(shown(presented) === shown(real) ? [] : [['new reply', shown(presented)]]),
    ['Haraka', painted(terminal, haraka)],
    ...(withoutScript ? [['without the script', painted(terminal, withoutScript)]] : []),
    ['connection', connection.words],
  ]
  for (const line of table(
    terminal,
    DETAILS,
    rows.map((row) => ['', ...row]),
  ).slice(1)) {
    terminal.print(line)
  }
  terminal.print()
}

function scriptSays({ returned, failures }: ReportedAnswer): string {
  if (failures) return 'nothing: it failed'
  return returned === undefined ? 'nothing, or the same' : inOneLine(returned.split(/\r\n|\r|\n/))
}

function painted(terminal: Terminal, { does, words }: HarakaDoes): string {
  return terminal.paint(DEEDS[does], words)
}

const ROWS: readonly Column[] = [
  { title: 'SENDER', least: 6 },
  { title: 'COMMAND', least: 10 },
  { title: 'REAL', least: 12 },
  { title: 'NEW', least: 12 },
  { title: 'OUTCOME' },
  { title: 'HARAKA' },
]

/** A line for each case and sender. */
export function showTable(terminal: Terminal, { cases, heard }: Report): void {
  const several = new Set(cases.flatMap(({ answers }) => answers.map(({ sender }) => sender))).size > 1
  const columns = several ? ROWS : ROWS.slice(1)
  const rows = cases.flatMap((one) =>
    one.answers.map((answer) => {
      const { sender, real, presented, outcome, haraka } = answer
      const cells = [
        plain(commandOf(one), MOST_CHARACTERS),
        shown(real),
        outcome === 'unchanged' ? '' : shown(presented),
        terminal.paint(COLOURS[outcome], outcome),
        terminal.paint(DEEDS[haraka.does], inBrief(haraka)),
      ]
      return several ? [plain(sender), ...cells] : cells
    }),
  )
  if (rows.length > 0) for (const line of table(terminal, columns, rows)) terminal.print(line)
  showHeard(terminal, heard)
}

function inBrief({ does, whom, nextServerFirst }: HarakaDoes): string {
  if (whom === 'nobody' || does === 'goes on' || does === 'delivers') return does
  const brief = whom === 'recipient' ? `${does} recipient` : does
  return nextServerFirst ? `next server/${brief}` : brief
}

function commandOf({ command, stage }: ReportedCase): string {
  if (stage === 'greeting') return '(greeting)'
  return stage === 'end-of-data' ? '. (end of message)' : command
}

function shown({ lines }: ReportedReply): string {
  return inOneLine(lines)
}

function inOneLine(lines: readonly string[]): string {
  return plain(lines.join(' / '), MOST_CHARACTERS)
}
