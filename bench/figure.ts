/**
 * What a benchmark tells: always a ratio of two measurements of the same run, taken in turns, since absolute figures
 * vary by half from machine to machine and from hour to hour. The median of the rounds' ratios counts; lowest and
 * highest show how far to trust it.
 */

export type Goal = `${'≥' | '≤'} ${number}`

export interface Figure {
  /** No two of a part have the same one. */
  readonly name: string
  /** Median, lowest and highest of the rounds' ratios. */
  readonly ratio: number
  readonly min: number
  readonly max: number
  readonly rounds: number
  readonly better: 'higher' | 'lower'
  /** What the ratio should be, where that was said. */
  readonly goal?: Goal
  /** The measurements behind it, medians, with their units. */
  readonly detail: string
}

/** `ratios`: one for each round. */
export function figure(name: string, better: Figure['better'], ratios: readonly number[], detail: string): Figure {
  return {
    name,
    ratio: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    rounds: ratios.length,
    better,
    detail,
  }
}

/** Lowest and highest, as text. */
export function spread({ min, max, rounds }: Figure): string {
  return rounds === 1 ? 'one round' : `${min.toFixed(2)}–${max.toFixed(2)} of ${rounds}`
}

/** The goal and whether it was missed, as text; '' where there is none. The median as it is shown counts. */
export function goalAndMiss({ ratio, goal }: Figure): string {
  if (goal === undefined) return ''
  const shown = Number(ratio.toFixed(2))
  const limit = Number(goal.slice(2))
  return (goal.startsWith('≥') ? shown >= limit : shown <= limit) ? goal : `${goal}, missed`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
