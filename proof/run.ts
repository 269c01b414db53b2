/**
 * npm run proof [-- PART…] [--minutes N] [--kills N] [--seed N] [--json FILE] [--write]
 *
 * Shows that no mail is lost, on this machine, in some twenty minutes. Parts: see parts.ts; without any, all of them. Ends
 * with code 1 when something is not as it is promised, and says what.
 *
 * --minutes is how long the part `soak` lasts, --kills how often `crashes` kills Haraka. --write brings
 * docs/RELIABILITY.md up to date, of the parts that were run.
 */
import fs from 'node:fs'
import { parseArgs } from 'node:util'

import { progress, runMain, wholeNumber } from '../bench/command-line.js'
import { described, type Machine, machine } from '../bench/machine.js'
import type { PartOptions, PartResult } from './part.js'
import { type PartName, PARTS } from './parts.js'
import { type PageSection, writePage } from './reliability-page.js'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '10' },
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const options: PartOptions = {
    minutes: wholeNumber('minutes', values.minutes),
    kills: wholeNumber('kills', values.kills),
    seed: wholeNumber('seed', values.seed),
    progress,
  }
  const names = Object.keys(PARTS) as PartName[]
  const unknown = positionals.find((part) => !names.includes(part as PartName))
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${names.join(', ')}`)

  const report: { machine: Machine; parts: Partial<Record<PartName, PartResult>> } = { machine: machine(), parts: {} }
  const sections: PageSection[] = []
  console.log(described(report.machine))
  for (const part of names.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    const { about } = PARTS[part]
    const result = await PARTS[part].run(options)
    progress('')
    show(part, result)
    report.parts[part] = result
    sections.push({ part, about, ...result })
    if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  }
  if (values.write) await writePage(report.machine, sections)
  const faults = sections.flatMap((section) => section.faults)
  console.log(
    faults.length === 0 ? '\nNothing is lost, and all is as promised.' : `\nNOT as promised: ${faults.length}`,
  )
  if (faults.length > 0) process.exitCode = 1
}

function show(part: PartName, { rows, table, faults }: PartResult): void {
  console.log(`\n${part}`)
  const widest = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, figure } of rows) console.log(`  ${what.padEnd(widest)}  ${figure}`)
  if (table) for (const line of [table.head, ...table.lines]) console.log(`  ${line.join(' | ')}`)
  for (const fault of faults) console.log(`  NOT AS PROMISED: ${fault}`)
}

runMain(main)
