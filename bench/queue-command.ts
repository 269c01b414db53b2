/**
 * `relayout queue` on folders of 10,000 and 100,000 messages: how long it takes against reading every file once, and
 * whether its memory grows with the queue; and how long the command takes to start.
 */
import fs from 'node:fs'
import path from 'node:path'

import { type Figure, figure, median } from './figure.js'
import { inTurns, paired } from './in-turns.js'
import type { Part, PartOptions } from './part.js'
import { queueFolder } from './queue-folder.js'
import { BIN, type Run, runCommand } from './run-command.js'
import { withCommas } from './summary.js'
import { temporaryFolder } from './temporary-folder.js'

const FEW = 10_000
const MANY = 100_000
const STARTS_A_ROUND = 4

const READ_ALL = path.join(__dirname, 'read-all.js')

const CHECK_FILE = `
function CheckFile(_, actions, size, _, _, _, header)
  if header["List-Id"] then actions.Priority = 10 end
  return actions
end`

/** What is run on a queue folder. */
const CALLS = {
  'reading every file once': undefined,
  'relayout queue, no script': '',
  'relayout queue, CheckFile that reads a header field': CHECK_FILE,
} as const
type CallName = keyof typeof CALLS
const BASE = 'reading every file once'

type Runs = Record<CallName, Run[]>

export const queueCommand: Part = {
  about:
    `\`relayout queue\` shows all messages of a queue folder, in their sending order: ${MANY} of 2 kB, which the ` +
    'system has in its memory, against a process that opens, reads and closes each of them; and the start of `relayout`.',
  secondsARound: 18,
  async run(options) {
    const few = await measured(FEW, options)
    const many = await measured(MANY, options)
    const names = Object.keys(CALLS).filter((name) => name !== BASE) as CallName[]
    const started = await start(options)
    return {
      figures: [
        ...names.map((name) => time(name, many)),
        ...names.map((name) => memory(name, few, many)),
        started.figure,
      ],
      summary: [
        ...names.flatMap((name) => [
          {
            what: `${name}, of ${withCommas(MANY)} messages`,
            ours: `${seconds(name, many).toFixed(1)} s`,
            ratios: [{ to: `${BASE} (${seconds(BASE, many).toFixed(1)} s)`, figure: time(name, many).name }],
            brief: true,
          },
          {
            what: `${name}: most memory, ${withCommas(MANY)} messages`,
            ours: peakMb(name, many),
            ratios: [
              { to: `${withCommas(FEW)} messages (${peakMb(name, few)})`, figure: memory(name, few, many).name },
            ],
          },
        ]),
        {
          what: 'relayout --help',
          ours: started.helpMs,
          ratios: [{ to: `node -e 0 (${started.nodeMs})`, figure: started.figure.name }],
        },
      ],
      measurements: { ...prefixed(FEW, few), ...prefixed(MANY, many) },
    }
  },
}

async function measured(messages: number, { rounds, count, progress }: PartOptions): Promise<Runs> {
  progress(`a queue of ${messages}`)
  const queue = await queueFolder(count(messages))
  const calls = Object.fromEntries(
    Object.entries(CALLS).map(([name, script]) => [
      name,
      script === undefined ? [READ_ALL, queue] : call(queue, script),
    ]),
  ) as Record<CallName, string[]>
  // So that the system has the files in its memory for the first of them, too.
  await runCommand(calls[BASE])
  return inTurns(Object.keys(CALLS) as CallName[], rounds, (name, round) => {
    progress(`${messages} messages, round ${round + 1} of ${rounds}: ${name}`)
    return runCommand(calls[name])
  })
}

function call(queue: string, script: string): string[] {
  const config = temporaryFolder('config')
  fs.writeFileSync(path.join(config, 'relayout.ini'), '')
  fs.writeFileSync(path.join(config, 'relayout.lua'), script)
  return [BIN, 'queue', '--config', config, '--queue', queue]
}

function seconds(name: CallName, runs: Runs): number {
  return median(runs[name].map((run) => run.seconds))
}

function peakMb(name: CallName, runs: Runs): string {
  return `${median(runs[name].map((run) => run.peakMb)).toFixed(0)} MB`
}

function time(name: CallName, runs: Runs): Figure {
  const [own, base] = [seconds(name, runs), seconds(BASE, runs)]
  return figure(
    `${name} / ${BASE}, ${MANY} messages: time`,
    'lower',
    paired(runs[name], runs[BASE], (one, other) => one.seconds / other.seconds),
    `${own.toFixed(1)} s against ${base.toFixed(1)} s, ${Math.round(MANY / own)} messages/s`,
  )
}

function memory(name: CallName, few: Runs, many: Runs): Figure {
  const ratios = paired(many[name], few[name], (one, other) => one.peakMb / other.peakMb)
  const detail = `${peakMb(name, many)} against ${peakMb(name, few)}`
  return { ...figure(`${name}: most memory, ${MANY} messages / ${FEW}`, 'lower', ratios, detail), goal: '≤ 3' }
}

/** Of each round, the sum of some starts: a single one is too short. */
async function start({ rounds, progress }: PartOptions): Promise<{ figure: Figure; helpMs: string; nodeMs: string }> {
  const calls = { help: [BIN, '--help'], node: ['-e', '0'] }
  type Call = keyof typeof calls
  const names = Array.from({ length: STARTS_A_ROUND }, (_, at) => [`help ${at}`, `node ${at}`] as const).flat()
  const runs = await inTurns(names, rounds, (name, round) => {
    progress(`start of the command, round ${round + 1} of ${rounds}`)
    return runCommand(calls[name.split(' ')[0] as Call])
  })
  const ofRound = (call: Call): number[] =>
    Array.from({ length: rounds }, (_, round) =>
      names.filter((name) => name.startsWith(call)).reduce((sum, name) => sum + runs[name]![round]!.seconds, 0),
    )
  const [help, node] = [ofRound('help'), ofRound('node')]
  const shown = (seconds: readonly number[]): string => `${((median(seconds) * 1000) / STARTS_A_ROUND).toFixed(0)} ms`
  const [helpMs, nodeMs] = [shown(help), shown(node)]
  const ratios = paired(help, node, (one, other) => one / other)
  const one = figure('relayout --help / node -e 0: time', 'lower', ratios, `${helpMs} against ${nodeMs}`)
  return { figure: { ...one, goal: '≤ 3' }, helpMs, nodeMs }
}

const prefixed = (count: number, runs: Runs): Record<string, Run[]> =>
  Object.fromEntries(Object.entries(runs).map(([name, those]) => [`${count}: ${name}`, those]))
