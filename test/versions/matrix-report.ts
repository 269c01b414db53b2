/**
 * What the tests came to on each pair of versions: a table, and the first failures of each.
 */
import { markdownTable } from './markdown-table.js'
import type { PairResult } from './pair-run.js'

/** Of each pair. */
const FAILURES_SHOWN = 5

const MESSAGE_CHARACTERS = 300

export function isGood({ outcome, trouble }: PairResult): boolean {
  return trouble === undefined && outcome?.failed === 0 && outcome.passed > 0
}

export function matrixReport(results: readonly PairResult[]): string {
  const rows = results.map(({ node, haraka, outcome, seconds, trouble }) => [
    node,
    haraka,
    ...(outcome ? [outcome.passed, outcome.failed, outcome.skipped] : ['–', '–', '–']),
    duration(seconds),
    trouble === undefined ? '' : cut(trouble),
  ])
  const table = markdownTable(['Node', 'Haraka', 'passed', 'failed', 'skipped', 'time', 'trouble'], rows)
  return [table, ...results.flatMap(failuresOf)].join('\n')
}

function failuresOf(result: PairResult): string[] {
  if (isGood(result)) return []
  const failures = result.outcome?.failures ?? []
  const more = failures.length - FAILURES_SHOWN
  return [
    '',
    `Node ${result.node}, Haraka ${result.haraka} (${result.log}):`,
    ...failures.slice(0, FAILURES_SHOWN).map(({ title, file, message }) => `- ${title} (${file}): ${cut(message)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ]
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > MESSAGE_CHARACTERS ? `${line.slice(0, MESSAGE_CHARACTERS)}…` : line
}

export function duration(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`
}
