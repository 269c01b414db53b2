/**
 * Where the figures are kept: bench/figures.json has those of every part as it was run last, and docs/PERFORMANCE.md and
 * the README show them. There they stand between pairs of comments, and only what is between those is written; the text
 * around them is written by hand.
 */
import fs from 'node:fs'
import path from 'node:path'

import { goalAndMiss, spread } from './figure.js'
import { described, type Machine } from './machine.js'
import { filled, formatted, tableLine } from './page-sections.js'
import type { PartResult } from './part.js'
import { summaryTable } from './summary.js'

/** What is kept of a part. */
export interface PartReport extends Required<Omit<PartResult, 'measurements'>> {
  readonly about: string
}

export interface Report {
  /** Undefined: nothing was measured yet. */
  readonly machine?: Machine
  /** In the order in which they are shown. */
  readonly parts: Readonly<Record<string, PartReport>>
}

export const FIGURES = 'bench/figures.json'
export const PERFORMANCE = 'docs/PERFORMANCE.md'
export const README = 'README.md'

/** Of the package in `folder`. */
export function readReport(folder: string): Report {
  return JSON.parse(fs.readFileSync(path.join(folder, FIGURES), 'utf8')) as Report
}

/**
 * Writes the three files in `folder`. Parts that were not run keep the figures that they have. `order`: all parts, as
 * they are shown. Throws when a page has no place for one.
 */
export async function writePages(folder: string, run: Report, order: readonly string[]): Promise<void> {
  const known: Report['parts'] = { ...readReport(folder).parts, ...run.parts }
  const report = {
    ...run,
    parts: Object.fromEntries(order.flatMap((name) => (known[name] ? [[name, known[name]]] : []))),
  }
  const text = (name: string): string => fs.readFileSync(path.join(folder, name), 'utf8')
  const written = {
    [FIGURES]: JSON.stringify(report),
    [PERFORMANCE]: performancePage(text(PERFORMANCE), report),
    [README]: readmePage(text(README), report),
  }
  // Nothing is written before all of it is there.
  const files = await Promise.all(
    Object.entries(written).map(async ([name, page]) => [name, await formatted(name, page)] as const),
  )
  for (const [name, page] of files) fs.writeFileSync(path.join(folder, name), page)
}

/** docs/PERFORMANCE.md with the figures of the report. */
export function performancePage(page: string, { machine, parts }: Report): string {
  if (!machine) return page
  let text = filled(page, 'bench', 'machine', `Measured on: ${described(machine)}.`)
  text = filled(text, 'bench', 'summary', summaryTable(Object.values(parts)))
  for (const [name, part] of Object.entries(parts)) text = filled(text, 'bench', name, section(part))
  return text
}

/** README.md with the figures of the report. */
export function readmePage(page: string, { machine, parts }: Report): string {
  if (!machine) return page
  return filled(
    page,
    'bench',
    'speed',
    [`Measured on: ${described(machine)}.`, summaryTable(Object.values(parts), true)].join('\n\n'),
  )
}

function section({ about, figures, notes }: PartReport): string {
  const rows = figures.map((one) => {
    const { name, ratio, better, detail } = one
    return [ratio.toFixed(2), spread(one), goalAndMiss(one), `${name} (${better} is better)`, detail]
  })
  const table = [
    ['median', 'lowest–highest', 'goal', 'ratio', 'measured, medians'],
    ['-----:', '--------------', '----', '-----', '-----------------'],
    ...rows,
  ].map(tableLine)
  return [about, '', ...(rows.length > 0 ? table : []), ...notes.flatMap((note) => ['', `- ${note}`])].join('\n')
}
