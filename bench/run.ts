/**
 * npm run bench [-- PART…] [--rounds N] [--slow-rounds N] [--messages N] [--json FILE] [--profile FOLDER] [--write]
 *
 * Parts: see PARTS; without any, all of them, in some twelve minutes on two processors. Prints figures and judges none:
 * they depend on the machine, which is described, and only ratios within one run can be compared.
 *
 * --messages is for the parts `drain` and `return-paths`, --slow-rounds for those whose rounds take long. --profile keeps
 * processor profiles of `drain`, `share` and `journal`, and shows the plugin's share by file. --write brings
 * docs/PERFORMANCE.md up to date, of the parts that were run.
 */
import fs from 'node:fs'
import { parseArgs } from 'node:util'

import { depth } from './depth.js'
import { limitedRelay } from './limited-relay.js'
import { memory } from './memory.js'
import { drain } from './drain.js'
import { type Figure, spread } from './figure.js'
import { filter } from './filter.js'
import { journal } from './journal.js'
import { described, type Machine, machine } from './machine.js'
import type { Part, PartOptions, PartResult } from './part.js'
import { writePage } from './performance-page.js'
import { postfix } from './postfix.js'
import { queueCommand } from './queue-command.js'
import { returnPaths } from './return-paths.js'
import { roundTrips } from './round-trips.js'
import { scheduler } from './scheduler.js'
import { script } from './script.js'
import { share } from './share.js'

const PARTS = {
  script,
  memory,
  scheduler,
  filter,
  drain,
  depth,
  'limited-relay': limitedRelay,
  'round-trips': roundTrips,
  'return-paths': returnPaths,
  journal,
  postfix,
  share,
  'queue-command': queueCommand,
} as const satisfies Record<string, Part>
type PartName = keyof typeof PARTS

interface Report {
  readonly machine: Machine
  readonly figures: (Figure & { readonly part: PartName })[]
  /** Every single measurement, by part. */
  readonly measurements: Partial<Record<PartName, PartResult['measurements']>>
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      'slow-rounds': { type: 'string', default: '3' },
      messages: { type: 'string', default: '2000' },
      json: { type: 'string' },
      profile: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const options: PartOptions = {
    messages: number('messages', values.messages),
    rounds: number('rounds', values.rounds),
    slowRounds: number('slow-rounds', values['slow-rounds']),
    profiles: values.profile,
    progress,
  }
  const names = Object.keys(PARTS) as PartName[]
  const unknown = positionals.find((part) => !names.includes(part as PartName))
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${names.join(', ')}`)

  const report: Report = { machine: machine(), figures: [], measurements: {} }
  const sections = []
  console.log(described(report.machine))
  for (const part of names.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    const { about } = PARTS[part]
    const { figures, measurements, notes = [] } = await PARTS[part].run(options)
    progress('')
    console.log(`\n${part}`)
    for (const one of figures) console.log(shown(one))
    for (const note of notes) console.log(`${INDENT}${note}`)
    report.figures.push(...figures.map((one) => ({ part, ...one })))
    if (measurements) report.measurements[part] = measurements
    sections.push({ part, about, figures, notes })
  }
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (values.write) await writePage(report.machine, sections)
}

const INDENT = ' '.repeat(26)

function shown(one: Figure): string {
  const { name, ratio, better, goal, detail } = one
  const wanted = goal === undefined ? `${better} is better` : `${better} is better, goal ${goal}`
  return `${ratio.toFixed(2).padStart(7)}  ${spread(one).padEnd(16)} ${name} (${wanted})\n${INDENT}${detail}`
}

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
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
