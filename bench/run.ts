/**
 * npm run bench [-- PART…] [--rounds N] [--messages N] [--json FILE] [--profile FOLDER]
 *
 * Parts: script, scheduler, drain; without any, all of them, in some four minutes on two processors. Prints figures and
 * judges none: they depend on the machine, which is described, and only ratios within one run can be compared.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchDrain, type DrainFigures } from './drain.js'
import type { Figure } from './figure.js'
import { HARAKA, ROOT } from './haraka.js'
import { benchScheduler } from './scheduler.js'
import { benchScript } from './script.js'

const PARTS = ['script', 'scheduler', 'drain'] as const
type Part = (typeof PARTS)[number]

interface Report {
  readonly machine: Readonly<Record<string, string | number>>
  readonly figures: (Figure & { readonly part: Part })[]
  /** All measurements of the drains. */
  drains?: DrainFigures['drains']
}

const progress = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      messages: { type: 'string', default: '2000' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const unknown = positionals.find((part) => !PARTS.includes(part as Part))
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${PARTS.join(', ')}`)
  const report: Report = { machine: machine(), figures: [] }
  console.log(
    Object.entries(report.machine)
      .map(([what, value]) => `${what} ${value}`)
      .join(', '),
  )

  const add = (part: Part, figures: readonly Figure[]): void => {
    progress('')
    console.log(`\n${part}`)
    for (const one of figures) console.log(shown(one))
    report.figures.push(...figures.map((one) => ({ part, ...one })))
  }
  const wanted = (part: Part): boolean => positionals.length === 0 || positionals.includes(part)
  if (wanted('script')) {
    progress('calls of the script')
    add('script', await benchScript())
  }
  if (wanted('scheduler')) add('scheduler', benchScheduler())
  if (wanted('drain')) {
    const { figures, drains } = await benchDrain({
      messages: number('messages', values.messages),
      rounds: number('rounds', values.rounds),
      profiles: values.profile,
      progress,
    })
    add('drain', figures)
    report.drains = drains
  }
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
}

function shown({ name, ratio, min, max, rounds, better, detail }: Figure): string {
  const spread = rounds === 1 ? 'one round' : `${min.toFixed(2)}–${max.toFixed(2)} of ${rounds}`
  return `${ratio.toFixed(2).padStart(7)}  ${spread.padEnd(16)} ${name} (${better} is better)\n${' '.repeat(26)}${detail}`
}

function machine(): Report['machine'] {
  const version = (file: string): string => {
    const { version } = createRequire(__filename)(file) as { version: string }
    return version
  }
  const [cpu] = os.cpus()
  return {
    processors: os.availableParallelism(),
    model: cpu?.model.trim() ?? 'unknown',
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    system: `${os.platform()} ${os.release()}`,
    Node: process.version,
    Haraka: version(path.join(HARAKA, 'package.json')),
    plugin: version(path.join(ROOT, 'package.json')),
  }
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} ${text}: a whole number from 1 is wanted`)
  return value
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
