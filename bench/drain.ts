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
import { type Drain, drainOnce, type DrainSetup, Sink } from './drain-once.js'
import { type Figure, figure, median } from './figure.js'
import { queueOfMessages } from './queue-of-messages.js'

export interface DrainOptions {
  readonly messages: number
  readonly rounds: number
  /** Folder for a processor profile of each setup, from a further round that does not count; undefined: none. */
  readonly profiles: string | undefined
  readonly progress: (what: string) => void
}

export interface DrainFigures {
  readonly figures: readonly Figure[]
  readonly drains: Readonly<Record<string, readonly Drain[]>>
}

const EMPTY = '-- This script has no function.\n'

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
  'empty script': { relayout: true, script: EMPTY },
  'empty script, 50 connections': { relayout: true, script: EMPTY, connections: 50 },
  CheckFile: { relayout: true, script: SIX_RULES },
  'CheckFile and ReturnCodeHandler': { relayout: true, script: SIX_RULES + RETURN_CODES },
  'Haraka alone, 50 connections': { relayout: false, connections: 50 },
  'Haraka alone, 5 connections': { relayout: false, connections: 5 },
} as const satisfies Record<string, DrainSetup>

type SetupName = keyof typeof SETUPS

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

export async function benchDrain(options: DrainOptions): Promise<DrainFigures> {
  const { messages, rounds, profiles, progress } = options
  progress(`${messages} messages are being queued`)
  const queue = await queueOfMessages(messages)
  const sink = await Sink.start()
  const names = Object.keys(SETUPS) as SetupName[]
  const drains = Object.fromEntries(names.map((name) => [name, [] as Drain[]])) as Record<SetupName, Drain[]>
  try {
    for (let round = 0; round < rounds; round++) {
      // Whoever comes first or last has it easier or harder: everyone in turn.
      for (const name of [...names.slice(round), ...names.slice(0, round)]) {
        if (name === ONCE && round > 0) continue
        progress(`round ${round + 1} of ${rounds}: ${name}`)
        drains[name].push(await drainOnce(SETUPS[name], queue, sink))
      }
    }
    for (const name of profiles === undefined ? [] : names) {
      progress(`profile: ${name}`)
      const folder = path.resolve(profiles ?? '', name.replaceAll(/\W+/g, '-'))
      await drainOnce({ ...SETUPS[name], execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`] }, queue, sink)
    }
  } finally {
    sink.stop()
    fs.rmSync(queue, { recursive: true })
  }
  return { figures: [...speeds(drains), ...costs(drains)], drains }
}

function speeds(drains: Readonly<Record<SetupName, readonly Drain[]>>): Figure[] {
  return SPEED.flatMap(([name, base]) => {
    const of = (what: string, ms: (drain: Drain) => number): Figure => {
      const perSecond = (drain: Drain): number => (drain.messages * 1000) / ms(drain)
      return figure(
        `${name} / ${base}: messages per second, ${what} to last message`,
        'higher',
        paired(drains[name], drains[base], perSecond),
        [
          `${Math.round(median(drains[name].map(perSecond)))}/s against ${Math.round(median(drains[base].map(perSecond)))}/s`,
          `${peak(drains[name])} connections at one time against ${peak(drains[base])}`,
        ].join(', '),
      )
    }
    return [of('first MAIL', ({ drainMs }) => drainMs), of('start of the process', ({ fromStartMs }) => fromStartMs)]
  })
}

function costs(drains: Readonly<Record<SetupName, readonly Drain[]>>): Figure[] {
  const base = drains['Haraka alone']
  return COST.flatMap((name) => {
    const of = (what: string, perMessage: (drain: Drain) => number): Figure => {
      const [own, its] = [median(drains[name].map(perMessage)), median(base.map(perMessage))]
      return figure(
        `${name} / Haraka alone: ${what} per message`,
        'lower',
        paired(drains[name], base, perMessage),
        `${own.toFixed(2)} ms against ${its.toFixed(2)} ms`,
      )
    }
    return [
      of('main thread active', ({ activeMs, messages }) => activeMs / messages),
      of('processor time of the main thread', ({ mainCpuMs, messages }) => mainCpuMs / messages),
      of('processor time of the process', ({ processCpuMs, messages }) => processCpuMs / messages),
    ]
  })
}

/** Each round's ratio. */
function paired(own: readonly Drain[], base: readonly Drain[], value: (drain: Drain) => number): number[] {
  return base.slice(0, own.length).map((drain, round) => value(own[round]!) / value(drain))
}

function peak(drains: readonly Drain[]): number {
  return Math.max(...drains.map(({ maxOpen }) => maxOpen))
}
