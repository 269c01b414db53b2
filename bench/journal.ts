/**
 * What the journal costs: the same drain with it and without, addresses in full and hashed, with headers and without.
 */
import fs from 'node:fs'
import path from 'node:path'

import { costRow, mainThreadCost } from './costs.js'
import { type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { median } from './figure.js'
import { ROOT } from './haraka.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { type CpuProfile, shares } from './profile.js'
import { queueFolder } from './queue-folder.js'
import { type Named, ownSpeedRow, rates } from './rates.js'
import { Sink } from './sink-process.js'

const SETUPS = {
  'no journal': { relayout: true, script: EMPTY_SCRIPT },
  journal: { relayout: true, script: EMPTY_SCRIPT, journal: {} },
  'journal, hashed addresses': { relayout: true, script: EMPTY_SCRIPT, journal: { journal_addresses: 'hashed' } },
  'journal, all headers': { relayout: true, script: EMPTY_SCRIPT, journal: { journal_headers: '*' } },
} as const satisfies Record<string, DrainSetup>

/** As many as in the part `share`, and for the same reason: what is compared is code that the engine has compiled. */
const MESSAGES = 10_000

type SetupName = keyof typeof SETUPS

const BASE: SetupName = 'no journal'
const NAMES = Object.keys(SETUPS) as SetupName[]

export const journal: Part = {
  about:
    `One Haraka with the plugin empties the same queue of ${MESSAGES} messages with a journal and without, to a relay ` +
    'server in another process that takes everything at once.',
  secondsARound: 40,
  async run({ rounds, count, profiles, progress }): Promise<PartResult> {
    const queue = await queueFolder(count(MESSAGES))
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns(NAMES, rounds, async (name, round) => {
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        return drainOnce(SETUPS[name], queue, sink)
      })
      const named = (name: SetupName): Named<Drain> => ({ name, drains: drains[name] })
      const others = NAMES.filter((name) => name !== BASE)
      const notes = others.map((name) => `${name}: ${bytesPerMessage(drains[name])} bytes for each message`)
      // A further round that does not count.
      for (const name of profiles === undefined ? [] : NAMES) {
        progress(`profile: ${name}`)
        const profile = path.resolve(profiles ?? '', `${name.replaceAll(/\W+/g, '-')}.cpuprofile`)
        fs.mkdirSync(path.dirname(profile), { recursive: true })
        await drainOnce(SETUPS[name], queue, sink, { profile })
        notes.push(...journalFiles(name, profile))
      }
      const base = named(BASE)
      return {
        figures: others.flatMap((name) => [
          ...rates(named(name), base, ['first MAIL']),
          { ...mainThreadCost(named(name), base), goal: '≤ 1.10' as const },
        ]),
        summary: others.flatMap((name) => [
          ownSpeedRow(name, named(name), base, `with ${BASE}`),
          { ...costRow(name, named(name), base, `with ${BASE}`), brief: name === 'journal' },
        ]),
        measurements: drains,
        notes,
      }
    })
  },
}

function bytesPerMessage(drains: readonly Drain[]): number {
  return Math.round(median(drains.map((drain) => drain.journalBytes / drain.messages)))
}

/** The journal's files by their time under the profiler. */
function journalFiles(name: SetupName, profile: string): string[] {
  const { files } = shares(JSON.parse(fs.readFileSync(profile, 'utf8')) as CpuProfile, ROOT)
  return files
    .filter(([file]) => file.includes('journal'))
    .map(([file, us]) => `${name}: ${(us / MESSAGES).toFixed(1)} us for each message under the profiler in ${file}`)
}
