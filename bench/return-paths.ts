/**
 * What a return path of one's own costs: a tag, ModifyReturnPath with the example for SRS, ServerDetails; each beside the
 * plugin with an empty script.
 */
import fs from 'node:fs'
import path from 'node:path'

import { costRow, mainThreadCost } from './costs.js'
import { type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { ROOT } from './haraka.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { type Named, ownSpeedRow, rates } from './rates.js'
import { Sink } from './sink-process.js'

/** As an administrator has it: with a secret, and another domain than that of the messages. */
const SRS = fs
  .readFileSync(path.join(ROOT, 'examples', 'srs.lua'), 'utf8')
  .replace('local secret = ""', 'local secret = "thirty characters, more or less"')
  .replace('local our_domains = { "example.com", "example.org" }', 'local our_domains = { "example.org" }')

const SERVER_DETAILS = `
function ServerDetails(Parameters, HeaderLines, Actions)
  if Parameters.domain == "example.org" then Actions.tryTLS = 0 end
  return Actions
end
`

const MESSAGES = 2_000

const SETUPS = {
  'empty script': { relayout: true, script: EMPTY_SCRIPT },
  'tagged return paths': { relayout: true, script: EMPTY_SCRIPT, tags: true },
  'ModifyReturnPath, SRS': { relayout: true, script: SRS },
  ServerDetails: { relayout: true, script: SERVER_DETAILS },
} as const satisfies Record<string, DrainSetup>

type SetupName = keyof typeof SETUPS

const BASE: SetupName = 'empty script'
const NAMES = Object.keys(SETUPS) as SetupName[]

export const returnPaths: Part = {
  about:
    `One Haraka with the plugin empties the same queue of ${MESSAGES} messages under different settings and scripts, to a ` +
    'relay server in another process that takes everything at once.',
  secondsARound: 16,
  async run({ rounds, count, progress }): Promise<PartResult> {
    const queue = await queueFolder(count(MESSAGES))
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns(NAMES, rounds, async (name, round) => {
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        return drainOnce(SETUPS[name], queue, sink)
      })
      const named = (name: SetupName): Named<Drain> => ({ name, drains: drains[name] })
      const others = NAMES.filter((name) => name !== BASE)
      const base = named(BASE)
      return {
        figures: others.flatMap((name) => [
          ...rates(named(name), base, ['first MAIL']),
          mainThreadCost(named(name), base),
        ]),
        summary: others.flatMap((name) => [
          { ...ownSpeedRow(name, named(name), base, `with an ${BASE}`), brief: true },
          costRow(name, named(name), base, `with an ${BASE}`),
        ]),
        measurements: drains,
      }
    })
  },
}
