/** `relayout try`: what would be decided of messages by each sender, and in which order they would go. */
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { type NamedItem, readMessages } from '../../messages/read-messages.js'
import { readWhole } from '../../read-whole.js'
import { openRehearsal, type RehearsalChoice } from '../../rehearsal/open-rehearsal.js'
import type { Decided } from '../../rehearsal/rehearsal.js'
import { inSendingOrder } from '../../rehearsal/sending-order.js'
import { reported } from './report.js'
import { show } from './show.js'

export interface TryOptions extends RehearsalChoice {
  readonly from?: string
  readonly to?: readonly string[]
  readonly repeat?: string
  readonly json?: true
}

/** A message that has been asked about. */
export interface Tried extends NamedItem {
  readonly decided: Decided
}

const MOST_REPEATS = 1_000_000

export async function run(context: Context, args: readonly string[], options: TryOptions): Promise<ExitCode> {
  const times = readWhole('--repeat', options.repeat ?? '1', 1, MOST_REPEATS)
  const { rehearsal, heard, atMs } = openRehearsal(context, options)
  const { from, to = [] } = options
  try {
    const messages = await readMessages(args, context.stdin, { from, to, queuedMs: atMs })
    try {
      const tried: Tried[] = []
      for (const message of messages.items) {
        for (let time = 0; time < times; time++) {
          tried.push({ ...message, decided: await rehearsal.decide(message.item) })
        }
      }
      const report = reported(tried, inSendingOrder(tried), heard, atMs)
      if (options.json) context.terminal.json(report)
      else show(context.terminal, report)
      return heard.some(({ kind }) => kind === 'failure') ? 1 : 0
    } finally {
      messages.remove()
    }
  } finally {
    await rehearsal.close()
  }
}
