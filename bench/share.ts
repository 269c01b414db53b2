/**
 * What part of the main thread's work is the plugin's own: a processor profile of a drain, from just before the queue is
 * loaded until the last message is out. The profiler makes everything slower, so that only shares count, no times.
 */
import fs from 'node:fs'
import path from 'node:path'

import { type Drain, drainOnce } from './drain-once.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import { figure, median } from './figure.js'
import { ROOT } from './haraka.js'
import type { Part, PartResult } from './part.js'
import { type CpuProfile, type Shares, shares } from './profile.js'
import { queueFolder } from './queue-folder.js'
import { Sink } from './sink-process.js'
import { temporaryFolder } from './temporary-folder.js'

/** Enough that most of it is done by code that the engine has compiled: a mail server runs for months. */
const MESSAGES = 10_000
const FILES_SHOWN = 15

interface Profiled extends Shares {
  /** Of the same round, without the profiler. */
  readonly drain: Drain
}

export const share: Part = {
  about:
    `Where the processor time of the main thread goes in a drain of ${MESSAGES} messages with an empty script: time ` +
    'in code of the plugin (and in what Node does for that code) of all the time in which the thread had work.',
  secondsARound: 21,
  async run({ rounds: all, count, profiles, progress }): Promise<PartResult> {
    const queue = await queueFolder(count(MESSAGES))
    const folder = path.resolve(profiles ?? temporaryFolder('profiles'))
    fs.mkdirSync(folder, { recursive: true })
    const rounds: Profiled[] = []
    await Sink.during({ extensions: true }, async (sink) => {
      for (let round = 1; round <= all; round++) {
        progress(`round ${round} of ${all}: profile`)
        const profile = path.join(folder, `share-${round}.cpuprofile`)
        const setup = { relayout: true, script: EMPTY_SCRIPT }
        const drain = await drainOnce(setup, queue, sink)
        await drainOnce(setup, queue, sink, { profile })
        rounds.push({ ...shares(JSON.parse(fs.readFileSync(profile, 'utf8')) as CpuProfile, ROOT), drain })
      }
    })
    const own = ownShare(rounds)
    return {
      figures: [own],
      summary: [
        {
          what: "the plugin's own code: processor time of the main thread for a message, under the profiler",
          ours: `${median(rounds.map(({ plugin, drain }) => plugin / drain.messages)).toFixed(0)} us`,
          ratios: [{ to: 'all work of that thread', figure: own.name }],
          brief: true,
        },
      ],
      measurements: { share: rounds },
      ...(profiles === undefined ? {} : { notes: byFile(rounds) }),
    }
  },
}

const work = ({ plugin, haraka, other }: Shares): number => plugin + haraka + other

function ownShare(rounds: readonly Profiled[]): PartResult['figures'][number] {
  const cpuUs = median(rounds.map(({ drain }) => (drain.mainCpuMs * 1000) / drain.messages))
  const percent = (of: (shares: Shares) => number): string =>
    `${(median(rounds.map((round) => of(round) / work(round))) * 100).toFixed(0)} %`
  return {
    ...figure(
      "the plugin's own code / all work of the main thread: processor time",
      'lower',
      rounds.map((round) => round.plugin / work(round)),
      [
        `${cpuUs.toFixed(0)} us of the main thread per message without the profiler`,
        `plugin ${percent(({ plugin }) => plugin)}`,
        `Haraka and its dependencies ${percent(({ haraka }) => haraka)}`,
        `garbage collection, libuv and the rest ${percent(({ other }) => other)}`,
      ].join(', '),
    ),
    goal: '≤ 0.15',
  }
}

/** The plugin's files by their share of all work, from all rounds together. */
function byFile(rounds: readonly Profiled[]): string[] {
  const times = new Map<string, number>()
  for (const [file, us] of rounds.flatMap(({ files }) => files)) times.set(file, (times.get(file) ?? 0) + us)
  const all = rounds.reduce((sum, round) => sum + work(round), 0)
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, FILES_SHOWN)
    .map(([file, us]) => {
      const perMessage = (us / rounds.length / MESSAGES).toFixed(1)
      return `${((us * 100) / all).toFixed(1).padStart(5)} %  ${perMessage.padStart(6)} us per message  ${file}`
    })
}
