/**
 * A relay server that is 20 ms away: what reuse saves of handshakes (TCP, TLS, EHLO, AUTH), and what pipelining saves of
 * waiting. smtp-source knows neither TLS nor AUTH.
 */
import { type Delivered, type Drain, drainOnce } from './drain-once.js'
import { drainPostfix, POSTFIX_MISSING, POSTFIX_SET_UP } from './drain-postfix.js'
import { type DrainSetup, EMPTY_SCRIPT } from './drain-setup.js'
import { type Figure, figure, median } from './figure.js'
import { inTurns, paired } from './in-turns.js'
import type { Part, PartOptions, PartResult } from './part.js'
import { postfixVersion } from './postfix-instance.js'
import { queueFolder } from './queue-folder.js'
import { type Named, rates, speedRow } from './rates.js'
import type { SinkOptions } from './sink-dialogue.js'
import { Sink } from './sink-process.js'

const FAR: SinkOptions = { extensions: true, roundTripMs: 20 }
const FAR_AND_SAFE: SinkOptions = { ...FAR, tls: true, credentials: { user: 'bench', pass: 'a-password' } }

const SAFE_MESSAGES = 500
const SAFE_CONNECTIONS = 10
const SAFE_NAMES = ['empty script', 'Haraka alone', 'Postfix'] as const

type SafeName = (typeof SAFE_NAMES)[number]

const WIDE_MESSAGES = 5
const WIDE_RECIPIENTS = 100
const WIDE_SETUPS = {
  pipelining: { relayout: true, script: EMPTY_SCRIPT, connections: 1 },
  'pipelining = false': { relayout: true, script: EMPTY_SCRIPT, connections: 1, pipelining: false },
} as const satisfies Record<string, DrainSetup>

type WideName = keyof typeof WIDE_SETUPS

export const roundTrips: Part = {
  about:
    `The relay server is ${FAR.roundTripMs} ms away: each of its replies comes that much later, those to commands ` +
    `that came together all together. ${SAFE_MESSAGES} messages with STARTTLS and AUTH PLAIN over ${SAFE_CONNECTIONS} ` +
    `connections; ${WIDE_MESSAGES} messages with ${WIDE_RECIPIENTS} recipients each over one connection.`,
  secondsARound: 42,
  async run(options): Promise<PartResult> {
    const safe = await safely(options)
    const wide = await widely(options)
    const named = (name: SafeName): Named => ({
      name: `TLS and AUTH: ${name}, ${SAFE_CONNECTIONS} connections`,
      drains: safe[name],
    })
    const [own, harakaAlone, postfix] = [named('empty script'), named('Haraka alone'), named('Postfix')]
    const pipelined = perMessage(wide)
    return {
      figures: [
        ...rates(own, harakaAlone, ['first MAIL']).map((one) => ({ ...one, goal: '≥ 4' as const })),
        ...rates(own, harakaAlone, ['start of the process']),
        ...rates(own, postfix, ['first MAIL']),
        { ...pipelined, goal: '≤ 0.1' },
      ],
      summary: [
        {
          ...speedRow(
            `${FAR.roundTripMs} ms away, TLS and AUTH, ${SAFE_CONNECTIONS} connections each`,
            'first MAIL',
            own,
            { harakaAlone, postfix },
          ),
          brief: true,
        },
        {
          what: `${FAR.roundTripMs} ms away, ${WIDE_RECIPIENTS} recipients: time for a message`,
          ours: time(wide.pipelining),
          ratios: [{ to: `without pipelining (${time(wide['pipelining = false'])})`, figure: pipelined.name }],
          brief: true,
        },
      ],
      measurements: { ...safe, ...wide },
      notes: [postfixVersion() === undefined ? POSTFIX_MISSING : POSTFIX_SET_UP],
    }
  },
}

async function safely({ rounds, count, progress }: PartOptions): Promise<Record<SafeName, Delivered[]>> {
  const messages = count(SAFE_MESSAGES)
  const queue = await queueFolder(messages)
  return Sink.during(FAR_AND_SAFE, (sink) =>
    inTurns(SAFE_NAMES, rounds, async (name, round): Promise<Delivered | undefined> => {
      progress(`round ${round + 1} of ${rounds}: ${name}, TLS and AUTH`)
      if (name !== 'Postfix') {
        const relayout = name === 'empty script'
        const setup = { relayout, ...(relayout && { script: EMPTY_SCRIPT }), connections: SAFE_CONNECTIONS }
        return drainOnce(setup, queue, sink)
      }
      return postfixVersion() === undefined ? undefined : drainPostfix(messages, sink, SAFE_CONNECTIONS)
    }),
  )
}

async function widely({ rounds, count, progress }: PartOptions): Promise<Record<WideName, Drain[]>> {
  const queue = await queueFolder(count(WIDE_MESSAGES), WIDE_RECIPIENTS)
  return Sink.during(FAR, (sink) =>
    inTurns(Object.keys(WIDE_SETUPS) as WideName[], rounds, (name, round) => {
      progress(`round ${round + 1} of ${rounds}: ${name}`)
      return drainOnce(WIDE_SETUPS[name], queue, sink)
    }),
  )
}

const ms = ({ drainMs, messages }: Drain): number => drainMs / messages

function time(drains: readonly Drain[]): string {
  return `${median(drains.map(ms)).toFixed(0)} ms`
}

function perMessage({ pipelining: own, 'pipelining = false': base }: Record<WideName, Drain[]>): Figure {
  return figure(
    `pipelining / pipelining = false: time per message with ${WIDE_RECIPIENTS} recipients`,
    'lower',
    paired(own, base, (one, other) => ms(one) / ms(other)),
    `${time(own)} against ${time(base)}`,
  )
}
