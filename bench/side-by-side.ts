/**
 * The plugin, Haraka alone, Postfix and smtp-source send the same number of messages to the same relay server, over the
 * same number of connections, all of them in each round. What smtp-source attains is what the relay server of this
 * benchmark can take.
 */
import { type Delivered, drainOnce } from './drain-once.js'
import { drainPostfix, POSTFIX_MISSING, POSTFIX_SET_UP } from './drain-postfix.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import type { Figure, Goal } from './figure.js'
import { inTurns } from './in-turns.js'
import type { Part, PartOptions, PartResult } from './part.js'
import { postfixVersion } from './postfix-instance.js'
import { queueFolder } from './queue-folder.js'
import { type Named, rates, speed, speedRow } from './rates.js'
import { Sink } from './sink-process.js'
import { pour, smtpSource, SMTP_SOURCE_MISSING } from './smtp-source.js'
import { type SummaryRow, withCommas } from './summary.js'

interface Scene {
  readonly messages: number
  readonly connections: number
  /** Ours ÷ Postfix. */
  readonly goal?: Goal
  /** Haraka alone is left out, which with 5 connections needs nine milliseconds for a message whatever their number. */
  readonly withoutHaraka?: boolean
  readonly brief?: boolean
}

const SCENES: readonly Scene[] = [
  { messages: 2_000, connections: 5 },
  { messages: 2_000, connections: 50 },
  { messages: 5_000, connections: 5, goal: '≥ 1.0', withoutHaraka: true, brief: true },
  { messages: 5_000, connections: 50, brief: true },
]

const NAMES = [
  'empty script',
  'Haraka alone',
  'Postfix',
  'smtp-source',
  'smtp-source, one message a connection',
] as const

type Name = (typeof NAMES)[number]

export const sideBySide: Part = {
  about:
    'The plugin with an empty script, Haraka alone, Postfix and smtp-source send the same number of messages to a relay ' +
    'server in another process that takes everything at once, over the same number of connections.',
  secondsARound: 100,
  async run(options): Promise<PartResult> {
    const results = await Sink.during({ extensions: true }, async (sink) => {
      const all = []
      for (const scene of SCENES) all.push(await measured(scene, sink, options))
      return all
    })
    return {
      figures: results.flatMap(({ figures }) => figures),
      summary: results.map(({ row }) => row),
      measurements: Object.assign({}, ...results.map(({ measurements }) => measurements)) as Record<
        string,
        Delivered[]
      >,
      notes: [
        postfixVersion() === undefined ? POSTFIX_MISSING : POSTFIX_SET_UP,
        smtpSource() === undefined
          ? SMTP_SOURCE_MISSING
          : 'smtp-source sends one and the same message without reading a queue, and does not pipeline.',
      ],
    }
  },
}

interface SceneResult {
  readonly figures: Figure[]
  readonly row: SummaryRow
  readonly measurements: Record<string, Delivered[]>
}

async function measured(scene: Scene, sink: Sink, { rounds, count, progress }: PartOptions): Promise<SceneResult> {
  const { connections, withoutHaraka, goal, brief = false } = scene
  const messages = count(scene.messages)
  const title = `${scene.messages} queued, ${connections} connections`
  const run: Record<Name, () => Promise<Delivered | undefined>> = {
    'empty script': async () =>
      drainOnce({ relayout: true, script: EMPTY_SCRIPT, connections }, await queueFolder(messages), sink),
    'Haraka alone': async () =>
      withoutHaraka ? undefined : drainOnce({ relayout: false, connections }, await queueFolder(messages), sink),
    Postfix: async () => (postfixVersion() === undefined ? undefined : drainPostfix(messages, sink, connections)),
    'smtp-source': () => pour(sink, { count: messages, connections, reuse: true }),
    'smtp-source, one message a connection': () => pour(sink, { count: messages, connections, reuse: false }),
  }
  const drains = await inTurns(NAMES, rounds, (name, round) => {
    progress(`round ${round + 1} of ${rounds}: ${name}, ${title}`)
    return run[name]()
  })
  const named = (name: Name): Named => ({ name: `${name}, ${title}`, drains: drains[name] })
  const [own, haraka, postfix] = [named('empty script'), named('Haraka alone'), named('Postfix')]
  const [source, single] = [named('smtp-source'), named('smtp-source, one message a connection')]
  return {
    figures: [
      ...rates(own, haraka),
      ...rates(own, postfix, ['first MAIL']).map((one) => (goal ? { ...one, goal } : one)),
      ...rates(own, source, ['first MAIL']),
      ...rates(single, source, ['first MAIL']),
      ...rates(haraka, single, ['first MAIL']),
    ],
    row: {
      ...speedRow(`${withCommas(scene.messages)} queued, ${connections} connections each`, 'first MAIL', own, {
        harakaAlone: haraka,
        postfix,
        sinkLimit: source,
      }),
      ...(source.drains.length > 0 && {
        sinkLimit: `${speed(source, 'first MAIL')}; one message a connection: ${speed(single, 'first MAIL')}`,
      }),
      brief,
    },
    measurements: Object.fromEntries(NAMES.map((name) => [`${name}, ${title}`, drains[name]])),
  }
}
