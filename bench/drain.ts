/**
 * Haraka empties its queue with the plugin and without: how fast, over how many connections, and what the main thread
 * has to do for one message.
 *
 * Without the plugin Haraka delivers everything at once, over as many connections as there are messages, which no relay
 * server would like. What a limit costs Haraka itself is told by the part `side-by-side`. Until its first MAIL, Haraka alone has opened all those connections and read all the
 * queue files, which the plugin does meanwhile: the figures from the start of the process have all of it on both sides.
 */
import fs from 'node:fs'
import path from 'node:path'

import { costRow, costs } from './costs.js'
import { type Delivered, type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { type Named, rates, speedRow } from './rates.js'
import { Sink } from './sink-process.js'
import { pour, SMTP_SOURCE_MISSING } from './smtp-source.js'

const SIX_RULES = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData)
  if Size > 5000000 then Actions.Priority = 1 end
  if HeaderData["Precedence"] == "bulk" then Actions.Priority = 10 end
  if HeaderData["List-Unsubscribe"] then Actions.Priority = 10 end
  if string.find(HeaderData["Subject"] or "", "invoice", 1, true) then Actions.Priority = 80 end
  if string.find(ReturnPath, "@news.example.com", 1, true) then Actions.Priority = 5 end
  if #Recipients > 50 then Actions.Priority = 20 end
  return Actions
end
`

const RETURN_CODES = `
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastCommand:sub(1, 4) == 'RCPT' and FullResponse:sub(1, 3) == '450' then
    return '550' .. FullResponse:sub(4)
  end
end
`

const SETUPS = {
  'Haraka alone': { relayout: false },
  'no script file': { relayout: true },
  'empty script': { relayout: true, script: EMPTY_SCRIPT },
  'empty script, 50 connections': { relayout: true, script: EMPTY_SCRIPT, connections: 50 },
  CheckFile: { relayout: true, script: SIX_RULES },
  'CheckFile and ReturnCodeHandler': { relayout: true, script: SIX_RULES + RETURN_CODES },
} as const satisfies Record<string, DrainSetup>

type SetupName = keyof typeof SETUPS

const NAMES = Object.keys(SETUPS) as SetupName[]

const BASE: SetupName = 'Haraka alone'
const LIMIT = 'smtp-source'
const MESSAGES = 2_000
/** The plugin's default. */
const CONNECTIONS = 5

const SPEED = NAMES.filter((name) => name !== BASE)

const COST: readonly SetupName[] = ['no script file', 'empty script', 'CheckFile', 'CheckFile and ReturnCodeHandler']

export const drain: Part = {
  about:
    `One Haraka with the plugin and one without empty the same queue of ${MESSAGES} messages, to a relay server in another ` +
    'process that takes everything at once. Defaults on both sides where no number of connections is named: 5 for the ' +
    'plugin, 10,000 for Haraka alone.',
  secondsARound: 22,
  async run({ rounds, count, profiles, progress }): Promise<PartResult> {
    const messages = count(MESSAGES)
    progress(`${messages} messages are being queued`)
    const queue = await queueFolder(messages)
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns([...NAMES, LIMIT], rounds, (name, round): Promise<Delivered | undefined> => {
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        if (name === LIMIT) return pour(sink, { count: messages, connections: CONNECTIONS, reuse: true })
        return drainOnce(SETUPS[name], queue, sink)
      })
      // A further round that does not count.
      for (const name of profiles === undefined ? [] : NAMES) {
        progress(`profile: ${name}`)
        const profile = path.resolve(profiles ?? '', `${name.replaceAll(/\W+/g, '-')}.cpuprofile`)
        fs.mkdirSync(path.dirname(profile), { recursive: true })
        await drainOnce(SETUPS[name], queue, sink, { profile })
      }
      const named = (name: SetupName): Named<Drain> => ({ name, drains: drains[name] as Drain[] })
      const base = named(BASE)
      const own = named('empty script')
      const limit = { name: `${LIMIT}, ${CONNECTIONS} connections`, drains: drains[LIMIT] }
      return {
        figures: [
          ...SPEED.flatMap((name) => rates(named(name), base)),
          ...rates(own, limit, ['first MAIL']),
          ...COST.flatMap((name) => costs(named(name), base)),
        ],
        summary: [
          { ...speedRow('2,000 queued, defaults', 'start of the process', own, { harakaAlone: base }), brief: true },
          speedRow('2,000 queued, defaults', 'first MAIL', own, { harakaAlone: base, sinkLimit: limit }),
          { ...costRow('2,000 queued, empty script', own, base, BASE), brief: true },
          {
            ...costRow(
              '2,000 queued, CheckFile and ReturnCodeHandler',
              named('CheckFile and ReturnCodeHandler'),
              base,
              BASE,
            ),
            brief: true,
          },
        ],
        measurements: drains,
        notes: limit.drains.length === 0 ? [SMTP_SOURCE_MISSING] : [],
      }
    })
  },
}
