/**
 * Haraka empties its queue with the plugin and without: how fast, over how many connections, and what the main thread
 * has to do for one message.
 *
 * Without the plugin Haraka delivers everything at once, over as many connections as there are messages. Which is the
 * speed to compare with, though no relay server would like it; the rows with the same number of connections tell what
 * the limit costs Haraka itself. Until its first MAIL, Haraka alone has opened all those connections and read all the
 * queue files, which the plugin does meanwhile: the figures from the start of the process have all of it on both sides.
 */
import fs from 'node:fs'
import path from 'node:path'

import { costs } from './costs.js'
import { type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { type Named, rates } from './rates.js'
import { Sink } from './sink-process.js'

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
  'Haraka alone, 50 connections': { relayout: false, connections: 50 },
  'Haraka alone, 5 connections': { relayout: false, connections: 5 },
} as const satisfies Record<string, DrainSetup>

type SetupName = keyof typeof SETUPS

const NAMES = Object.keys(SETUPS) as SetupName[]

/** Takes ten times as long as the others: once is enough. */
const ONCE: SetupName = 'Haraka alone, 5 connections'

const SPEED: readonly (readonly [SetupName, SetupName])[] = [
  ['no script file', 'Haraka alone'],
  ['empty script', 'Haraka alone'],
  ['empty script, 50 connections', 'Haraka alone'],
  ['CheckFile', 'Haraka alone'],
  ['CheckFile and ReturnCodeHandler', 'Haraka alone'],
  ['empty script, 50 connections', 'Haraka alone, 50 connections'],
  ['empty script', 'Haraka alone, 5 connections'],
]

const COST: readonly SetupName[] = ['no script file', 'empty script', 'CheckFile', 'CheckFile and ReturnCodeHandler']

export const drain: Part = {
  about:
    'One Haraka with the plugin and one without empty the same queue, to a relay server in another process that takes ' +
    'everything at once. Defaults on both sides where no number of connections is named: 5 for the plugin, 10,000 for ' +
    'Haraka alone.',
  async run({ messages, rounds, profiles, progress }): Promise<PartResult> {
    progress(`${messages} messages are being queued`)
    const queue = await queueFolder(messages)
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns(NAMES, rounds, async (name, round) => {
        if (name === ONCE && round > 0) return undefined
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        return drainOnce(SETUPS[name], queue, sink)
      })
      // A further round that does not count.
      for (const name of profiles === undefined ? [] : NAMES) {
        progress(`profile: ${name}`)
        const profile = path.resolve(profiles ?? '', `${name.replaceAll(/\W+/g, '-')}.cpuprofile`)
        fs.mkdirSync(path.dirname(profile), { recursive: true })
        await drainOnce(SETUPS[name], queue, sink, { profile })
      }
      const named = (name: SetupName): Named<Drain> => ({ name, drains: drains[name] })
      return {
        figures: [
          ...SPEED.flatMap(([own, base]) => rates(named(own), named(base))),
          ...COST.flatMap((name) => costs(named(name), named('Haraka alone'))),
        ],
        measurements: drains,
      }
    })
  },
}
