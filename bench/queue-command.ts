/**
 * `relayout queue` on folders of 10,000 and 100,000 messages: how long it takes against reading every file once, and
 * whether its memory grows with the queue; and how long the command takes to start.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'

import { type Figure, figure, median } from './figure.js'
import { ROOT } from './haraka.js'
import { inTurns } from './in-turns.js'
import type { Part } from './part.js'
import { queueFolder } from './queue-folder.js'
import { temporaryFolder } from './temporary-folder.js'

const FEW = 10_000
const MANY = 100_000
const STARTS = 20

const BIN = path.join(ROOT, 'dist/lib/cli/bin.js')
const READ_ALL = path.join(__dirname, 'read-all.js')
const REPORT_USAGE = path.join(__dirname, 'report-usage.js')

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

interface Run {
  readonly seconds: number
  readonly peakMb: number
}

type Runs = Record<CallName, Run[]>

export const queueCommand: Part = {
  about:
    `\`relayout queue\` shows all messages of a queue folder, in their sending order: ${MANY} of 2 kB, which the ` +
    'system has in its memory, against a process that opens, reads and closes each of them; and the start of `relayout`.',
  async run({ slowRounds, progress }) {
    const few = await measured(FEW, slowRounds, progress)
    const many = await measured(MANY, slowRounds, progress)
    const names = Object.keys(CALLS).filter((name) => name !== BASE) as CallName[]
    const figures = [
      ...names.map((name) => time(name, many)),
      ...names.map((name) => memory(name, few, many)),
      await start(progress),
    ]
    return { figures, measurements: { ...prefixed(FEW, few), ...prefixed(MANY, many) } }
  },
}

async function measured(count: number, rounds: number, progress: (what: string) => void): Promise<Runs> {
  progress(`a queue of ${count}`)
  const queue = await queueFolder(count)
  const calls = Object.fromEntries(
    Object.entries(CALLS).map(([name, script]) => [
      name,
      script === undefined ? [READ_ALL, queue] : call(queue, script),
    ]),
  ) as Record<CallName, string[]>
  // So that the system has the files in its memory for the first of them, too.
  await run(calls[BASE])
  return inTurns(Object.keys(CALLS) as CallName[], rounds, (name, round) => {
    progress(`${count} messages, round ${round + 1} of ${rounds}: ${name}`)
    return run(calls[name])
  })
}

function call(queue: string, script: string): string[] {
  const config = temporaryFolder('config')
  fs.writeFileSync(path.join(config, 'relayout.ini'), '')
  fs.writeFileSync(path.join(config, 'relayout.lua'), script)
  return [BIN, 'queue', '--config', config, '--queue', queue]
}

function time(name: CallName, runs: Runs): Figure {
  const seconds = (one: CallName): number => median(runs[one].map((run) => run.seconds))
  return figure(
    `${name} / ${BASE}, ${MANY} messages: time`,
    'lower',
    runs[name].map((run, round) => run.seconds / (runs[BASE][round]?.seconds ?? NaN)),
    `${seconds(name).toFixed(1)} s against ${seconds(BASE).toFixed(1)} s, ${Math.round(MANY / seconds(name))} messages/s`,
  )
}

function memory(name: CallName, few: Runs, many: Runs): Figure {
  const peakMb = (runs: Runs): number => median(runs[name].map((run) => run.peakMb))
  const ratios = many[name].map((run, round) => run.peakMb / (few[name][round]?.peakMb ?? NaN))
  const detail = `${peakMb(many).toFixed(0)} MB against ${peakMb(few).toFixed(0)} MB`
  return { ...figure(`${name}: most memory, ${MANY} messages / ${FEW}`, 'lower', ratios, detail), goal: '≤ 3' }
}

async function start(progress: (what: string) => void): Promise<Figure> {
  const calls = { help: [BIN, '--help'], node: ['-e', '0'] }
  const runs = await inTurns(['help', 'node'], STARTS, (name, round) => {
    progress(`start ${round + 1} of ${STARTS}`)
    return run(calls[name])
  })
  const ms = (name: 'help' | 'node'): number => median(runs[name].map(({ seconds }) => seconds * 1000))
  const ratios = runs.help.map(({ seconds }, round) => seconds / (runs.node[round]?.seconds ?? NaN))
  const detail = `${ms('help').toFixed(0)} ms against ${ms('node').toFixed(0)} ms`
  return { ...figure('relayout --help / node -e 0: time', 'lower', ratios, detail), goal: '≤ 3' }
}

async function run(args: readonly string[]): Promise<Run> {
  const begin = performance.now()
  const child = spawn(process.execPath, ['--require', REPORT_USAGE, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  const usage = await text(child.stdio[3] as NodeJS.ReadableStream)
  if ((await code) !== 0) throw new Error(`${args.join(' ')} ended with ${await code}`)
  const seconds = (performance.now() - begin) / 1000
  return { seconds, peakMb: (JSON.parse(usage) as NodeJS.ResourceUsage).maxRSS / 1024 }
}

const prefixed = (count: number, runs: Runs): Record<string, Run[]> =>
  Object.fromEntries(Object.entries(runs).map(([name, those]) => [`${count}: ${name}`, those]))
