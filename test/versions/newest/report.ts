/**
 * What the newest of everything came to, in Markdown.
 */
import { markdownTable } from '../markdown-table.js'
import { duration } from '../matrix-report.js'
import { blame, brokenIn } from './blame.js'
import type { Outdated } from './outdated.js'
import { STEPS, type Trial } from './trial.js'

const REASON_CHARACTERS = 120

export interface Findings {
  readonly outdated: readonly Outdated[]
  readonly all: Trial
  /** Undefined: nothing was broken, so that nothing had to be told apart. */
  readonly apart: { readonly locked: Trial; readonly singles: readonly Trial[] } | undefined
}

export function newestReport({ outdated, all, apart }: Findings): string {
  const newer = outdated.map(({ name, locked, within, newest }) => [name, locked, within, newest])
  const steps = STEPS.flatMap((step) => {
    const one = all.verdicts[step]
    return [one ? [step, one.ok ? 'well' : 'broken', duration(one.seconds), cut(one.why)] : [step, 'not tried', '', '']]
  })
  return [
    '## Newer than what is locked',
    '',
    outdated.length > 0 ? markdownTable(['package', 'locked', 'within its range', 'newest'], newer) : 'Nothing.',
    '',
    `## All at once: ${all.what}`,
    '',
    markdownTable(['step', '', 'time', 'why'], steps),
    ...(apart ? ['', ...oneAtATime(all, apart)] : []),
  ].join('\n')
}

function oneAtATime(all: Trial, { locked, singles }: NonNullable<Findings['apart']>): string[] {
  const steps = brokenIn(all)
  const tried = STEPS.filter((step) => step === 'install' || steps.includes(step))
  const rows = [locked, ...singles].map(({ what, verdicts }) => [
    what,
    ...tried.map((step) => (verdicts[step] ? (verdicts[step].ok ? 'well' : 'broken') : 'not tried')),
    cut(tried.flatMap((step) => (verdicts[step]?.ok === false ? [`${step}: ${verdicts[step].why}`] : [])).join('; ')),
  ])
  return [
    '## One at a time, over what is locked',
    '',
    markdownTable(['', ...tried, 'why'], rows),
    '',
    ...blame(all, locked, singles).map((sentence) => `- ${sentence}`),
  ]
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > REASON_CHARACTERS ? `${line.slice(0, REASON_CHARACTERS)}…` : line
}
