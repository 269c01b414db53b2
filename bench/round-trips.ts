/**
 * A relay server that is 20 ms away: what reuse saves of handshakes (TCP, TLS, EHLO, AUTH), and what pipelining saves of
 * waiting.
 */
import { type Drain, drainOnce } from './drain-once.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { type Figure, figure, median } from './figure.js'
import { inTurns, paired } from './in-turns.js'
import type { Part, PartOptions, PartResult } from './part.js'
import { queueFolder } from './queue-folder.js'
import { rates } from './rates.js'
import type { SinkOptions } from './sink-dialogue.js'
import { Sink } from './sink-process.js'

const FAR: SinkOptions = { extensions: true, roundTripMs: 20 }
const FAR_AND_SAFE: SinkOptions = { ...FAR, tls: true, credentials: { user: 'bench', pass: 'a-password' } }

const SAFE_MESSAGES = 1_000
const SAFE_SETUPS = {
  'empty script, 10 connections': { relayout: true, script: EMPTY_SCRIPT, connections: 10 },
  'Haraka alone, 10 connections': { relayout: false, connections: 10 },
} as const satisfies Record<string, DrainSetup>

const WIDE_MESSAGES = 10
const WIDE_RECIPIENTS = 100
const WIDE_SETUPS = {
  pipelining: { relayout: true, script: EMPTY_SCRIPT, connections: 1 },
  'pipelining = false': { relayout: true, script: EMPTY_SCRIPT, connections: 1, pipelining: false },
} as const satisfies Record<string, DrainSetup>

export const roundTrips: Part = {
  about:
    `The relay server is ${FAR.roundTripMs} ms away: each of its replies comes that much later, those to commands ` +
    `that came together all together. ${SAFE_MESSAGES} messages with STARTTLS and AUTH PLAIN; ${WIDE_MESSAGES} ` +
    `messages with ${WIDE_RECIPIENTS} recipients each over one connection.`,
  async run(options): Promise<PartResult> {
    const safe = await drains(options, SAFE_SETUPS, FAR_AND_SAFE, await queueFolder(SAFE_MESSAGES))
    const wide = await drains(options, WIDE_SETUPS, FAR, await queueFolder(WIDE_MESSAGES, WIDE_RECIPIENTS))
    const [own, base] = Object.entries(safe).map(([name, drains]) => ({ name: `TLS and AUTH: ${name}`, drains }))
    return {
      figures: [
        ...rates(own!, base!, ['first MAIL']).map((one) => ({ ...one, goal: '≥ 4' })),
        ...rates(own!, base!, ['start of the process']),
        { ...perMessage(wide.pipelining, wide['pipelining = false']), goal: '≤ 0.1' },
      ],
      measurements: { ...safe, ...wide },
    }
  },
}

function drains<Name extends string>(
  { slowRounds, progress }: PartOptions,
  setups: Readonly<Record<Name, DrainSetup>>,
  relay: SinkOptions,
  queue: string,
): Promise<Record<Name, Drain[]>> {
  return Sink.during(relay, (sink) =>
    inTurns(Object.keys(setups) as Name[], slowRounds, (name, round) => {
      progress(`round ${round + 1} of ${slowRounds}: ${name}`)
      return drainOnce(setups[name], queue, sink)
    }),
  )
}

function perMessage(own: readonly Drain[], base: readonly Drain[]): Figure {
  const ms = ({ drainMs, messages }: Drain): number => drainMs / messages
  return figure(
    `pipelining / pipelining = false: time per message with ${WIDE_RECIPIENTS} recipients`,
    'lower',
    paired(own, base, (one, other) => ms(one) / ms(other)),
    `${median(own.map(ms)).toFixed(0)} ms against ${median(base.map(ms)).toFixed(0)} ms`,
  )
}
