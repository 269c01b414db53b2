/**
 * Long queues: how the plugin compares with Haraka alone at 5,000 messages, and whether it slows down when ten times as
 * many wait.
 *
 * Haraka alone connects for all 5,000 messages at once. What the relay server or the system does not take then waits 64 s
 * for Haraka's first retry, which lies within the time that it is given; after that, what it has delivered counts.
 */
import { type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { type Named, ownSpeedRow, rates, speedRow } from './rates.js'
import { Sink } from './sink-process.js'

const CUT_OFF_MS = 100_000

const PLUGIN: DrainSetup = { relayout: true, script: EMPTY_SCRIPT }

const DRAINS = {
  'empty script, 5000 queued': { messages: 5_000, setup: PLUGIN },
  'Haraka alone, 5000 queued': { messages: 5_000, setup: { relayout: false } },
  'empty script, 20000 queued': { messages: 20_000, setup: PLUGIN },
  'empty script, 2000 queued': { messages: 2_000, setup: PLUGIN },
} as const satisfies Record<string, { messages: number; setup: DrainSetup }>

type DrainName = keyof typeof DRAINS

export const depth: Part = {
  about:
    'The same with longer queues: the plugin against Haraka alone, both with defaults, and the plugin against itself ' +
    'with a tenth of the messages.',
  secondsARound: 36,
  async run({ rounds, count, progress }): Promise<PartResult> {
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns(Object.keys(DRAINS) as DrainName[], rounds, async (name, round) => {
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        const { messages, setup } = DRAINS[name]
        return drainOnce(setup, await queueFolder(count(messages)), sink, { cutOffMs: CUT_OFF_MS })
      })
      const named = (name: DrainName): Named<Drain> => ({ name, drains: drains[name] })
      const [own, base] = [named('empty script, 5000 queued'), named('Haraka alone, 5000 queued')]
      const [long, short] = [named('empty script, 20000 queued'), named('empty script, 2000 queued')]
      const byLength = rates(long, short).map((one) => ({ ...one, goal: '≥ 0.9' as const }))
      return {
        figures: [...rates(own, base), ...byLength],
        summary: [
          { ...speedRow('5,000 queued, defaults', 'start of the process', own, { harakaAlone: base }), brief: true },
          { ...ownSpeedRow('20,000 queued, defaults', long, short, 'with 2,000 queued'), brief: true },
        ],
        measurements: drains,
      }
    })
  },
}
