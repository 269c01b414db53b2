/** What `relayout test` found, for people: the tests that failed, then how many there were of each kind. */
import { type Column, table } from '../../output/table.js'
import { plain, type Terminal } from '../../output/terminal.js'
import type { Heard } from '../../rehearsal/rehearsal.js'
import { showHeard } from '../../rehearsal/show-heard.js'
import type { Report, ReportedMiss, ReportedTest } from './report.js'

const MISSES: readonly Column[] = [
  { title: '' },
  { title: 'LINE', align: 'right' },
  { title: '', least: 8 },
  { title: 'EXPECTED', least: 16, wraps: true },
  { title: 'CAME', least: 16, wraps: true },
]

export function show(terminal: Terminal, report: Report): void {
  for (const test of report.tests.filter(({ passed }) => !passed)) showFailed(terminal, test)
  showHeard(terminal, warnings(report.tests))
  terminal.print(summary(terminal, report))
}

function showFailed(terminal: Terminal, { name, file, line, misses, heard }: ReportedTest): void {
  terminal.print(`${terminal.paint('red', 'FAILED')} ${terminal.paint('bold', plain(name))}`)
  terminal.print(`   ${plain(file)}:${line}`)
  const rows = misses.map((miss) => ['', String(miss.line), what(miss), lines(miss.expected), lines(miss.came)])
  for (const row of table(terminal, MISSES, rows)) terminal.print(row)
  // How it failed is in the table.
  showHeard(
    terminal,
    heard.filter(({ kind }) => kind !== 'failure'),
  )
  terminal.print()
}

function what({ key, step }: ReportedMiss): string {
  return step === undefined ? key : `${plain(step)}: ${key}`
}

/** A reply may have several. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => plain(line))
    .join('\n')
}

/** Of tests that passed, each once: what a script is warned about is a fault of the script. */
function warnings(tests: readonly ReportedTest[]): Heard[] {
  const all = tests.filter(({ passed }) => passed).flatMap(({ heard }) => heard)
  const seen = new Map(all.map((one) => [`${one.sender} ${one.kind} ${one.text}`, one]))
  return [...seen.values()].filter(({ kind }) => kind === 'warning')
}

function summary(terminal: Terminal, { passed, failed, leftOut }: Report): string {
  return [
    passed > 0 || failed === 0 ? terminal.paint('green', `${passed} passed`) : undefined,
    failed > 0 ? terminal.paint('red', `${failed} failed`) : undefined,
    leftOut > 0 ? terminal.paint('dim', `${leftOut} left out`) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
}
