/** `relayout backtest`: where two scripts differ over the same messages and replies. */
import { constants, existsSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'

import { relayoutError } from '../../../core/errors.js'
import { ScriptClock } from '../../../script/script-clock.js'
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { openInstallation, unreadable, usableSettings } from '../../installation.js'
import { type Messages, readMessages } from '../../messages/read-messages.js'
import { ProgressBar } from '../../output/progress-bar.js'
import { readTime } from '../../read-time.js'
import { readWhole } from '../../read-whole.js'
import { senderNamed } from '../../rehearsal/sender-named.js'
import { Comparison } from './compare.js'
import type { Input } from './inputs.js'
import { journalInputs, type JournalNotes } from './journal-inputs.js'
import { openSides } from './open-sides.js'
import { queueInputs } from './queue-inputs.js'
import { foundSomething, type Read, reported } from './report.js'
import { show } from './show.js'
import type { Side } from './side.js'

export interface BacktestOptions {
  readonly script?: string
  readonly against?: string
  readonly queue?: true
  readonly journal?: string
  readonly limit?: string
  readonly at?: string
  readonly sender?: string
  readonly config?: string
  readonly json?: true
}

const SHOWN = '20'

export async function run(context: Context, args: readonly string[], options: BacktestOptions): Promise<ExitCode> {
  const { terminal } = context
  const { script, against, queue, journal, sender } = options
  if (script === undefined) throw relayoutError('RELAYOUT_E_NOTHING_NEW', {})
  if (!queue && journal === undefined && args.length === 0) throw relayoutError('RELAYOUT_E_NO_INPUT', {})
  const limit = readWhole('--limit', options.limit ?? SHOWN, 0, 1_000_000_000)
  const nowMs = options.at === undefined ? Date.now() : readTime(options.at, Date.now())
  if (journal !== undefined) await findJournal(journal)
  const installation = openInstallation(options.config)
  const settings = usableSettings(installation, (mistake) => terminal.remark(mistake))
  if (sender !== undefined) senderNamed(settings.senders, sender)
  const { queueFolder } = installation
  if (queue && queueFolder === undefined) throw relayoutError('RELAYOUT_E_NO_CONFIG', {})

  const clock = new ScriptClock()
  const sides = openSides(installation, settings, { script, against, only: sender }, clock)
  try {
    const messages = await readMessages(args, context.stdin, { from: undefined, to: [], queuedMs: nowMs })
    try {
      const notes: JournalNotes = { faults: [], faultCount: 0, hashed: false, withoutHeader: 0, cutRecipients: 0 }
      const read: Read = { queue: 0, journal: 0, file: 0, replies: 0, otherSenders: 0, damaged: 0 }
      const inputs = inputsOf(messages, queue && queueFolder, nowMs, journal, notes, read)
      const bar = new ProgressBar(terminal)
      const comparison = await compare(inputs, sides, clock, nowMs, read, bar)
      bar.end()
      const [before, after] = sides
      const heard = { before: before.heard, after: after.heard }
      const report = reported({ before: before.scripts, after: after.scripts, read, journal: notes, comparison, heard })
      if (options.json) terminal.json(report)
      else show(terminal, report, limit)
      return foundSomething(report, notes) ? 1 : 0
    } finally {
      messages.remove()
    }
  } finally {
    await Promise.all(sides.map((side) => side.close()))
  }
}

/** Rejects with a RelayoutError. It may be a pipe, as the shell makes one of `<(zcat …)`. */
async function findJournal(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => Promise.reject(unreadable(file, error)))
  if (!found.isFile() && !found.isFIFO()) {
    throw relayoutError('RELAYOUT_E_FILE', { file, why: found.isDirectory() ? 'it is a folder' : 'it is a device' })
  }
  await access(file, constants.R_OK).catch((error: unknown) => Promise.reject(unreadable(file, error)))
}

async function* inputsOf(
  messages: Messages,
  queueFolder: string | undefined,
  nowMs: number,
  journal: string | undefined,
  notes: JournalNotes,
  read: Read,
): AsyncGenerator<Input, void> {
  for (const { name, item } of messages.items) yield { kind: 'message', source: 'file', name, item }
  if (queueFolder !== undefined) yield* queueInputs(queueFolder, nowMs, read)
  if (journal !== undefined) yield* journalInputs(journal, notes)
}

/** One input after the other: the clock is that of the one in hand. */
async function compare(
  inputs: AsyncIterable<Input>,
  [before, after]: readonly [Side, Side],
  clock: ScriptClock,
  nowMs: number,
  read: Read,
  bar: ProgressBar,
): Promise<Comparison> {
  const comparison = new Comparison()
  let done = 0
  for await (const input of inputs) {
    clock.set(input.atMs ?? nowMs)
    bar.at(++done)
    if (input.kind === 'message') {
      const isGone = (): boolean => input.source === 'queue' && !existsSync(input.item.path)
      const [was, will] = await Promise.all([before.decide(input.item, isGone), after.decide(input.item, isGone)])
      if ([was, will].some(({ answers }) => answers.some((answer) => answer.failure)) && isGone()) continue
      read[input.source]++
      comparison.message(input, was, will)
    } else {
      const [was, will] = await Promise.all([before.presented(input), after.presented(input)])
      if (was && will) {
        read.replies++
        comparison.reply(input, was, will)
      } else read.otherSenders++
    }
  }
  comparison.settle()
  return comparison
}
