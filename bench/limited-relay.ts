/**
 * A relay server that takes 50 connections from one client at one time and answers 421 to those beyond, as Postfix does
 * by default (smtpd_client_connection_count_limit): how the plugin compares with Haraka alone, both with defaults.
 *
 * What is answered 421 waits 64 s for Haraka's first retry, which lies within the time that it is given; after that, what
 * it has delivered counts.
 */
import { type Drain, drainOnce } from './drain-once.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import type { Part, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { rates } from './rates.js'
import { Sink } from './sink-process.js'

const CUT_OFF_MS = 100_000
const MOST_CONNECTIONS = 50
const QUEUED = [
  { messages: 2_000, goal: '≥ 1.5' },
  { messages: 5_000, goal: '≥ 5' },
]

export const limitedRelay: Part = {
  about:
    `A relay server that takes ${MOST_CONNECTIONS} connections from one client at one time and answers 421 to those ` +
    'beyond, as Postfix does by default; both sides with defaults.',
  async run({ progress }): Promise<PartResult> {
    return Sink.during({ extensions: true, mostConnections: MOST_CONNECTIONS }, async (sink) => {
      const measurements: Record<string, Drain[]> = {}
      const drain = async (name: string, messages: number, relayout: boolean): Promise<Drain> => {
        progress(name)
        const setup = relayout ? { relayout, script: EMPTY_SCRIPT } : { relayout }
        const measured = await drainOnce(setup, await queueFolder(messages), sink, { cutOffMs: CUT_OFF_MS })
        measurements[name] = [measured]
        return measured
      }
      const figures = []
      for (const { messages, goal } of QUEUED) {
        const names = [`empty script, ${messages} queued`, `Haraka alone, ${messages} queued`] as const
        const own = { name: names[0], drains: [await drain(names[0], messages, true)] }
        const base = { name: names[1], drains: [await drain(names[1], messages, false)] }
        figures.push(...rates(own, base, ['start of the process']).map((one) => ({ ...one, goal })))
      }
      return { figures, measurements }
    })
  },
}
