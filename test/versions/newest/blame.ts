/**
 * Which of the newer versions breaks what is broken with all of them.
 */
import { type Step, STEPS, type Trial } from './trial.js'

export function brokenIn({ verdicts }: Trial): Step[] {
  return STEPS.filter((step) => verdicts[step]?.ok === false)
}

/**
 * One sentence for each step that is broken with all at once. `locked` is the trial of what is locked, `singles` those of
 * one newer thing each.
 */
export function blame(all: Trial, locked: Trial, singles: readonly Trial[]): string[] {
  return brokenIn(all).map((step) => {
    if (locked.verdicts[step]?.ok === false) return `${step}: broken also with what is locked.`
    const culprits = singles.filter(({ verdicts }) => verdicts[step]?.ok === false).map(({ what }) => what)
    const untried = singles.filter(({ verdicts }) => verdicts[step] === undefined).map(({ what }) => what)
    const rest = untried.length > 0 ? ` Not tried, for want of time: ${untried.join(', ')}.` : ''
    if (culprits.length > 0) return `${step}: broken by ${culprits.join(', and by ')}.${rest}`
    return `${step}: broken by none of them alone: by several together, or by what they bring along.${rest}`
  })
}
