/**
 * npm run bench [-- PART…] [--rounds N] [--shrink N] [--json FILE] [--profile FOLDER] [--write] [--pages FOLDER]
 *
 * Parts: see parts.ts; without any, all of them, in less than forty minutes on two processors. Prints figures: they depend
 * on the machine, which is described, and only ratios within one run can be compared.
 *
 * --write brings bench/figures.json, docs/PERFORMANCE.md and the README up to date, of the parts that were run; with
 * --pages those in that folder. --json has every single measurement. --profile keeps processor profiles of `drain`, `share`
 * and `journal`, and shows the plugin's share by file.
 *
 * --shrink 50 is a trial: fifty times fewer messages, calls and the like, whatever the names of the figures say. Its
 * figures are worth nothing and are not written into this package's pages.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { progress, runMain, wholeNumber } from './command-line.js'
import { type Figure, goalAndMiss, spread } from './figure.js'
import { ROOT } from './haraka.js'
import { described, machine } from './machine.js'
import type { PartOptions, PartResult } from './part.js'
import { type PartReport, writePages } from './pages.js'
import { PART_NAMES, type PartName, PARTS } from './parts.js'
import { TimeLeft } from './time-left.js'

const ROUNDS = 5

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      shrink: { type: 'string', default: '1' },
      json: { type: 'string' },
      profile: { type: 'string' },
      write: { type: 'boolean', default: false },
      pages: { type: 'string', default: ROOT },
    },
  })
  const [rounds, shrink] = [wholeNumber('rounds', values.rounds), wholeNumber('shrink', values.shrink)]
  const unknown = positionals.find((part) => !PART_NAMES.includes(part as PartName))
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${PART_NAMES.join(', ')}`)
  const trial = rounds < ROUNDS || shrink > 1
  if (values.write && trial && path.resolve(values.pages) === ROOT) {
    throw new Error(
      `a trial, with fewer than ${ROUNDS} rounds or --shrink, is not written here: name another folder by --pages`,
    )
  }

  const names = PART_NAMES.filter((name) => positionals.length === 0 || positionals.includes(name))
  const left = new TimeLeft(
    names.map((name) => ({ name, seconds: PARTS[name].secondsARound * rounds })),
    () => performance.now(),
  )
  const options: PartOptions = {
    rounds,
    count: (all) => Math.max(1, Math.round(all / shrink)),
    profiles: values.profile,
    progress: (what) => progress(`${left.text}: ${what}`),
  }
  const about = machine()
  const parts: Partial<Record<PartName, PartReport>> = {}
  const measurements: Partial<Record<PartName, PartResult['measurements']>> = {}
  console.log(described(about))
  for (const part of names) {
    if (!process.stderr.isTTY) console.error(`${part}: ${left.text}`)
    try {
      const result = await PARTS[part].run(options)
      const { figures, summary, notes = [] } = result
      progress('')
      show(part, result)
      parts[part] = { about: PARTS[part].about, figures, summary, notes }
      if (result.measurements) measurements[part] = result.measurements
    } catch (error) {
      // The others are worth having all the same.
      progress('')
      console.error(`\n${part} has failed:`, error)
      process.exitCode = 1
    }
    left.next()
    // After each part: what was measured is kept, however this ends.
    if (values.write) await writePages(values.pages, { machine: about, parts }, PART_NAMES)
  }
  if (values.json !== undefined) {
    fs.writeFileSync(values.json, `${JSON.stringify({ machine: about, parts, measurements }, null, 2)}\n`)
  }
}

const INDENT = ' '.repeat(26)

function show(part: string, { figures, notes = [] }: PartResult): void {
  console.log(`\n${part}`)
  for (const one of figures) console.log(shown(one))
  for (const note of notes) console.log(`${INDENT}${note}`)
}

function shown(one: Figure): string {
  const { name, ratio, better, goal, detail } = one
  const wanted = goal === undefined ? `${better} is better` : `${better} is better, goal ${goalAndMiss(one)}`
  return `${ratio.toFixed(2).padStart(7)}  ${spread(one).padEnd(16)} ${name} (${wanted})\n${INDENT}${detail}`
}

runMain(main)
