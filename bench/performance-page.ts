/**
 * docs/PERFORMANCE.md: the figures stand between pairs of comments, one pair for the machine and one for each part, and
 * only what is between them is written. The text around them is written by hand.
 */
import fs from 'node:fs'
import path from 'node:path'

import { type Figure, spread } from './figure.js'
import { ROOT } from './haraka.js'
import { described, type Machine } from './machine.js'
import { filled, formatted, tableLine } from './page-sections.js'

export interface PageSection {
  readonly part: string
  readonly about: string
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

export const PAGE = path.join(ROOT, 'docs', 'PERFORMANCE.md')

/** Parts that were not run keep the figures that they have. Throws when the page has no place for one. */
export async function writePage(machine: Machine, sections: readonly PageSection[]): Promise<void> {
  let page = fs.readFileSync(PAGE, 'utf8')
  page = filled(page, 'bench', 'machine', `Measured on: ${described(machine)}.`)
  for (const section of sections) page = filled(page, 'bench', section.part, shown(section))
  fs.writeFileSync(PAGE, await formatted('docs/PERFORMANCE.md', page))
}

function shown({ about, figures, notes }: PageSection): string {
  const rows = figures.map((one) => {
    const { name, ratio, better, goal = '', detail } = one
    return [ratio.toFixed(2), spread(one), goal, `${name} (${better} is better)`, detail]
  })
  const table = [
    ['median', 'lowest–highest', 'goal', 'ratio', 'measured, medians'],
    ['-----:', '--------------', '----', '-----', '-----------------'],
    ...rows,
  ].map(tableLine)
  return [about, '', ...(rows.length > 0 ? table : []), ...notes.flatMap((note) => ['', `- ${note}`])].join('\n')
}
