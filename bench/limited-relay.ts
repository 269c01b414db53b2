/**
 * A relay server that takes 50 connections from one client at one time and answers 421 to those beyond, as Postfix does
 * by default (smtpd_client_connection_count_limit): the plugin, Haraka alone and Postfix, all with defaults.
 *
 * Haraka alone opens a connection for each message at once. What is answered 421 waits 64 s for its first retry, which is
 * the next burst, and 128 s for the one after that. Its time is up shortly after the second burst: nothing else is
 * delivered for two minutes from then on, so that no later end would show it faster. As it has nothing to do for all but
 * a few seconds, both lengths of queue wait at the same time, each with a relay server of its own.
 */
import { type Delivered, drainOnce } from './drain-once.js'
import { drainPostfix, POSTFIX_MISSING, POSTFIX_SET_UP } from './drain-postfix.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import { inTurns } from './in-turns.js'
import type { Part, PartResult } from './part.js'
import { postfixVersion } from './postfix-instance.js'
import { queueFolder } from './queue-folder.js'
import { type Moment, type Named, rates, speedRow } from './rates.js'
import { Sink } from './sink-process.js'
import { withCommas } from './summary.js'

const CUT_OFF_MS = 80_000
const MOST_CONNECTIONS = 50
const RELAY = { extensions: true, mostConnections: MOST_CONNECTIONS }
const QUEUED = [
  { messages: 2_000, goal: '≥ 1.5' },
  { messages: 5_000, goal: '≥ 5' },
] as const
/** One length is enough: with defaults it never sees the limit. */
const OF_POSTFIX = 5_000
const SINCE: Moment = 'start of the process'
const NAMES = ['empty script', 'Haraka alone', 'Postfix'] as const

type Name = (typeof NAMES)[number]

export const limitedRelay: Part = {
  about:
    `A relay server that takes ${MOST_CONNECTIONS} connections from one client at one time and answers 421 to those ` +
    'beyond, as Postfix does by default; the plugin, Haraka alone and Postfix with defaults.',
  secondsARound: 100,
  async run({ rounds, count, progress }): Promise<PartResult> {
    const drain = (name: Name, messages: number): Promise<Delivered> =>
      Sink.during(RELAY, async (sink) => {
        if (name === 'Postfix') return drainPostfix(count(messages), sink)
        const setup = name === 'Haraka alone' ? { relayout: false } : { relayout: true, script: EMPTY_SCRIPT }
        return drainOnce(setup, await queueFolder(count(messages)), sink, { cutOffMs: CUT_OFF_MS })
      })
    const names = NAMES.filter((name) => name !== 'Postfix' || postfixVersion() !== undefined)
    for (const { messages } of QUEUED) await queueFolder(count(messages))
    // Of each round, one drain for each length of queue that there is for that name.
    const drains = await inTurns(names, rounds, async (name, round) => {
      progress(`round ${round + 1} of ${rounds}: ${name}`)
      const lengths = QUEUED.filter(({ messages }) => name !== 'Postfix' || messages === OF_POSTFIX)
      const one = async ({ messages }: (typeof QUEUED)[number]) => ({ messages, measured: await drain(name, messages) })
      if (name === 'Haraka alone') return Promise.all(lengths.map(one))
      const inOrder = []
      for (const length of lengths) inOrder.push(await one(length))
      return inOrder
    })
    const results = QUEUED.map(({ messages, goal }) => {
      const named = (name: Name): Named => ({
        name: `${name}, ${messages} queued`,
        drains: (names.includes(name) ? drains[name] : []).flatMap((round) =>
          round.flatMap((one) => (one.messages === messages ? [one.measured] : [])),
        ),
      })
      const [own, harakaAlone, postfix] = [named('empty script'), named('Haraka alone'), named('Postfix')]
      const what = `${withCommas(messages)} queued, defaults, ${MOST_CONNECTIONS} connections taken`
      return {
        all: [own, harakaAlone, postfix],
        figures: [
          ...rates(own, harakaAlone, [SINCE]).map((one) => ({ ...one, goal })),
          ...rates(own, postfix, ['first MAIL']),
        ],
        summary: [
          { ...speedRow(what, SINCE, own, { harakaAlone }), brief: true },
          ...(postfix.drains.length > 0 ? [speedRow(what, 'first MAIL', own, { postfix })] : []),
        ],
      }
    })
    return {
      figures: results.flatMap(({ figures }) => figures),
      summary: results.flatMap(({ summary }) => summary),
      measurements: Object.fromEntries(results.flatMap(({ all }) => all.map(({ name, drains }) => [name, drains]))),
      notes: [
        ...results.flatMap(({ all }) => all).flatMap(early),
        names.includes('Postfix') ? `${POSTFIX_SET_UP} Here it is left at 5, and up to 20.` : POSTFIX_MISSING,
      ],
    }
  },
}

/** Says so where time was up before the second burst was over: each message has a connection in each until it is delivered. */
function early({ name, drains }: Named): string[] {
  const rounds = drains.filter(({ messages, left, connections }) => left > 0 && connections < messages + 2 * left)
  if (rounds.length === 0) return []
  return [`${name}: time was up before the second burst was over in ${rounds.length} of ${drains.length} rounds.`]
}
