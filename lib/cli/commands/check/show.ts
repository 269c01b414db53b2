/** What `relayout check` found, for people: what there is, then a line for each finding, as compilers have it. */
import { type Column, table } from '../../output/table.js'
import { plain, type Terminal } from '../../output/terminal.js'
import { count } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import type { CheckFinding } from './finding.js'
import type { CheckedScript, FoundCallback } from './script-findings.js'

/** As `--json` has it (docs/schemas/check.schema.json). */
export interface CheckReport {
  readonly version: 1
  readonly command: 'check'
  /** Null: none was found, and the settings are the defaults. */
  readonly configFolder: string | null
  /** Empty where the settings cannot be used. */
  readonly senders: readonly string[]
  readonly scripts: readonly Omit<CheckedScript, 'findings'>[]
  readonly findings: readonly CheckFinding[]
  readonly prints: readonly { readonly sender: string; readonly text: string }[]
}

const CALLBACKS: readonly Column[] = [
  { title: '' },
  { title: 'FUNCTION' },
  { title: 'AT', align: 'right' },
  { title: 'PARAMETERS' },
]

export function show(terminal: Terminal, report: CheckReport): void {
  for (const script of report.scripts) showScript(terminal, script)
  for (const { sender, text } of report.prints)
    terminal.print(terminal.paint('dim', `print ${plain(sender)}: ${plain(text)}`))
  if (report.prints.length > 0) terminal.print()
  for (const finding of report.findings) for (const line of lines(terminal, finding)) terminal.print(line)
  if (report.findings.length > 0) terminal.print()
  terminal.print(summary(terminal, report.findings))
}

function showScript(terminal: Terminal, { file, version, senders, callbacks }: CheckReport['scripts'][number]): void {
  terminal.print(terminal.paint('bold', plain(file)))
  terminal.print(plain(`   version ${version}, for ${senders.join(', ')}`, terminal.columns))
  if (callbacks.length === 0) terminal.print(`   ${terminal.paint('yellow', 'none of the functions that are called')}`)
  else for (const row of table(terminal, CALLBACKS, callbacks.map(cells))) terminal.print(row)
  terminal.print()
}

function cells({ name, line, column, parameters, variadic }: FoundCallback): string[] {
  const taken =
    parameters === undefined ? '' : variadic && parameters === 0 ? '...' : `${parameters}${variadic ? ' ...' : ''}`
  return ['', name, line === undefined ? 'made when it runs' : `${line}:${column ?? 1}`, taken]
}

/** `config/relayout.lua:12:3: warning: … [rule]`. */
function lines(terminal: Terminal, { severity, file, line, column, rule, sentence }: CheckFinding): string[] {
  const place = [plain(file), ...(line === undefined ? [] : [line, column ?? 1]), ''].join(':')
  const [first = '', ...others] = wrapped(`${place} ${severity}: ${plain(sentence)} [${rule}]`, terminal.columns, '   ')
  const head = `${place} ${severity}:`
  if (!first.startsWith(head)) return [first, ...others]
  const painted = `${terminal.paint('bold', place)} ${terminal.paint(severity === 'error' ? 'red' : 'yellow', `${severity}:`)}`
  return [painted + first.slice(head.length), ...others]
}

function summary(terminal: Terminal, findings: readonly CheckFinding[]): string {
  if (findings.length === 0) return terminal.paint('green', 'nothing found')
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(findings.length > errors ? [count(findings.length - errors, 'warning')] : []),
  ].join(', ')
}
