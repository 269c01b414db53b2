/**
 * The table of all parts: a row for each thing that a reader wants to know. It has no measurement and no ratio of its
 * own: a row names figures of its part, and throws where the part has none of that name.
 */
import { type Figure, goalAndMiss } from './figure.js'
import { tableLine } from './page-sections.js'

export interface SummaryRow {
  readonly what: string
  /** Medians with their units, as the figures' details have them. Undefined: it does not apply. */
  readonly ours: string
  readonly harakaAlone?: string | undefined
  readonly postfix?: string | undefined
  /** What the sink takes of a client that costs next to nothing. */
  readonly sinkLimit?: string | undefined
  readonly ratios: readonly SummaryRatio[]
  /** Shown in the README, too. */
  readonly brief?: boolean
}

/** The ratio to `to` is the figure of that name. */
export interface SummaryRatio {
  readonly to: string
  readonly figure: string
}

export interface Summarised {
  readonly figures: readonly Figure[]
  readonly summary: readonly SummaryRow[]
}

const NOTHING = '–'
const HEAD = ['what', 'ours', 'Haraka alone', 'Postfix', "the sink's own limit", 'ratio to …', 'goal']

/** In Markdown; `brief`: only the rows that the README has, without the sink's limit. */
export function summaryTable(parts: readonly Summarised[], brief = false): string {
  const rows = parts.flatMap(({ figures, summary }) =>
    summary.filter((row) => !brief || row.brief).map((row) => cellsOf(row, figures)),
  )
  const shown = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) =>
    brief ? cells.filter((_, column) => HEAD[column] !== "the sink's own limit") : cells,
  )
  return shown.map(tableLine).join('\n')
}

function cellsOf(row: SummaryRow, figures: readonly Figure[]): string[] {
  const ratios = row.ratios.map(({ to, figure: name }) => {
    const found = figures.find((one) => one.name === name)
    if (!found) throw new Error(`the summary's row "${row.what}" has no figure "${name}"`)
    return { to, found }
  })
  const goals = ratios.flatMap(({ to, found }) => {
    const goal = goalAndMiss(found).replace('missed', '**missed**')
    return goal === '' ? [] : [ratios.length > 1 ? `${to}: ${goal}` : goal]
  })
  return [
    row.what,
    row.ours,
    row.harakaAlone ?? NOTHING,
    row.postfix ?? NOTHING,
    row.sinkLimit ?? NOTHING,
    ratios.map(({ to, found }) => `${to}: ${ratioText(found)}`).join('; ') || NOTHING,
    goals.join('; ') || NOTHING,
  ]
}

function ratioText({ ratio, min, max, rounds }: Figure): string {
  return rounds === 1 ? `${short(ratio)} (one round)` : `${short(ratio)} (${short(min)}–${short(max)})`
}

/** Three digits or so. */
function short(ratio: number): string {
  if (ratio >= 100) return withCommas(ratio)
  return ratio.toFixed(ratio >= 10 ? 1 : 2)
}

/** 1153.4: 1,153. */
export function withCommas(value: number): string {
  return Math.round(value).toLocaleString('en')
}
