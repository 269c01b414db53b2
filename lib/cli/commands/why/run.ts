/** `relayout why`: what the journal has of a message. */
import { relayoutError, sentence } from '../../../core/errors.js'
import type { JournalFault } from '../../../journal/journal-reader.js'
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import type { Terminal } from '../../output/terminal.js'
import { collect } from './collect.js'
import { type JournalChoice, journalKeyUnreadable, journalToRead } from './journal-to-read.js'
import { question } from './question.js'
import { type LeftOut, reported } from './report.js'
import { show } from './show.js'

interface WhyOptions extends JournalChoice {
  readonly limit?: string
  readonly json?: true
}

const MOST_OF_AN_ADDRESS = 10
const MOST_OF_AN_ID = 1000

/** So many lines that are no records are told one by one. */
const FAULTS_TOLD = 5

export async function run({ terminal }: Context, [words = '']: readonly string[], options: WhyOptions) {
  const given = readLimit(options.limit)
  const journal = await journalToRead(options)
  const asked = question(words, journal.hashed)
  const limit = given ?? (asked.kind === 'address' ? MOST_OF_AN_ADDRESS : MOST_OF_AN_ID)
  const first: JournalFault[] = []
  let lines = 0
  const collected = await collect(journal.file, asked, limit, (fault) => {
    // Renamed between two looks: its records were read under its new name.
    if (fault.line === 0 && !journal.files.includes(fault.file)) return
    if (lines++ < FAULTS_TOLD) first.push(fault)
  })
  const nothing = collected.accounts.length === 0
  const blind =
    asked.kind === 'address' && !/^(~|$)/.test(asked.address) && collected.hashed && !journal.hashed
      ? journalKeyUnreadable(journal)
      : undefined
  if (nothing && blind) throw blind
  const leftOut: LeftOut = { lines, first }
  const report = reported(asked, journal.files, collected, leftOut)
  if (options.json) terminal.json(report)
  else show(terminal, report, collected.accounts)
  tellLeftOut(terminal, leftOut)
  // Found as it stood before addresses were hashed.
  if (blind) terminal.remark(blind.message)
  const exitCode: ExitCode = nothing || lines > 0 || blind ? 1 : 0
  return exitCode
}

function tellLeftOut(terminal: Terminal, { lines, first }: LeftOut): void {
  for (const { file, line, why } of first) terminal.remark(sentence('RELAYOUT_E_JOURNAL_LINE', { file, line, why }))
  const others = lines - first.length
  if (others > 0)
    terminal.remark(`${others.toLocaleString('en-US')} more are left out: what they would tell is missing`)
}

function readLimit(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const limit = Number(value)
  if (/^\d+$/.test(value) && limit >= 1 && limit <= 1_000_000) return limit
  throw relayoutError('RELAYOUT_E_NUMBER', { option: '--limit', value, accepted: 'a whole number from 1 to 1,000,000' })
}
