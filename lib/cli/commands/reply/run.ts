/** `relayout reply`: what the senders' scripts and the guards make of relay servers' replies, and what Haraka does then. */
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { openRehearsal, type RehearsalChoice } from '../../rehearsal/open-rehearsal.js'
import { Conversations } from '../../conversation/conversations.js'
import { casesFrom, oneCase } from './read-cases.js'
import { type Report, reported, type TriedCase } from './report.js'
import { showOne, showTable } from './show.js'

export interface ReplyOptions extends RehearsalChoice {
  readonly server?: string
  readonly json?: true
}

const STANDARD_INPUT = '-'

export async function run(context: Context, args: readonly string[], options: ReplyOptions): Promise<ExitCode> {
  const { terminal, stdin } = context
  const [command = '', reply] = args
  const many = command === STANDARD_INPUT && reply === undefined
  const { cases, mistakes } = many ? await casesFrom(stdin) : oneCase(command, reply)
  const open = openRehearsal(context, options)
  try {
    const conversations = new Conversations(open.rehearsal, open.settings)
    const tried: TriedCase[] = []
    for (const given of cases) {
      const answers = []
      for (const sender of open.rehearsal.senders) {
        const judged = await conversations.with(sender, options.server).reply(given)
        answers.push({ sender: sender.name, judged })
      }
      tried.push({ given, answers })
    }
    const report = reported(tried, mistakes, open.heard, open.atMs)
    if (options.json) terminal.json(report)
    else if (many) showTable(terminal, report)
    else showOne(terminal, report)
    for (const { sentence } of mistakes) terminal.remark(sentence)
    return exitCode(report)
  } finally {
    await open.rehearsal.close()
  }
}

function exitCode({ cases, mistakes, heard }: Report): ExitCode {
  if (mistakes.length > 0) return 2
  const unusable = cases.some(({ answers }) =>
    answers.some(({ outcome }) => outcome === 'invalid' || outcome === 'refused'),
  )
  return unusable || heard.some(({ kind }) => kind === 'failure') ? 1 : 0
}
