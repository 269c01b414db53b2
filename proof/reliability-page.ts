/**
 * docs/RELIABILITY.md: what the proof found stands between pairs of comments, one pair for the machine and one for each
 * part, and only what is between them is written.
 */
import fs from 'node:fs'
import path from 'node:path'

import { ROOT } from '../bench/haraka.js'
import { described, type Machine } from '../bench/machine.js'
import { filled, formatted, tableLine } from '../bench/page-sections.js'
import type { PartResult } from './part.js'

export interface PageSection extends PartResult {
  readonly part: string
  readonly about: string
}

export const PAGE = 'docs/RELIABILITY.md'

/** Parts that were not run keep the figures that they have. Throws when the page has no place for one. */
export async function writePage(machine: Machine, sections: readonly PageSection[]): Promise<void> {
  const file = path.join(ROOT, PAGE)
  fs.writeFileSync(file, await formatted(PAGE, page(fs.readFileSync(file, 'utf8'), machine, sections)))
}

/** The text with the figures in it. */
export function page(text: string, machine: Machine, sections: readonly PageSection[]): string {
  const measured = filled(text, 'proof', 'machine', `Measured on: ${described(machine)}.`)
  return sections.reduce((before, section) => filled(before, 'proof', section.part, shown(section)), measured)
}

function shown({ about, rows, table, faults }: PageSection): string {
  return [
    about,
    '',
    tableLine(['what', 'found']),
    tableLine(['----', '-----']),
    ...rows.map(({ what, figure }) => tableLine([what, figure])),
    ...(table
      ? ['', tableLine(table.head), tableLine(table.head.map(() => '---:')), ...table.lines.map(tableLine)]
      : []),
    '',
    ...(faults.length === 0
      ? ['All was as promised.']
      : faults.map((fault) => `- **Not as promised**: ${fault.replaceAll('\n', ' ')}`)),
  ].join('\n')
}
