/** What is told of a record: lines of plain text, the first of which has its time before it. */
import { plain, type Colour } from '../../output/terminal.js'
import { duration, moment } from '../../output/units.js'

export interface StepLine {
  readonly text: string
  readonly colour?: Colour
  /** It belongs to the line above it. */
  readonly deeper?: true
}

export interface Step {
  readonly t: string
  /** Something begins anew here: an empty line comes before it. */
  readonly begins?: true
  readonly lines: readonly StepLine[]
  /** Stands at the right. */
  readonly script?: string
}

export function line(text: string, colour?: Colour): StepLine {
  return { text: plain(text), ...(colour ? { colour } : {}) }
}

export function deeper(text: string, colour?: Colour): StepLine {
  return { ...line(text, colour), deeper: true }
}

/** `3.4s`, `2m 5s`. */
export function spell(seconds: number): string {
  return seconds < 9.95 && !Number.isInteger(seconds) ? `${Math.max(0.1, seconds).toFixed(1)}s` : duration(seconds)
}

/** With its day where that is another one than that of `since`. */
export function clock(t: string, since: string): string {
  const [at, from] = [moment(Date.parse(t)), moment(Date.parse(since))]
  return at.slice(0, 10) === from.slice(0, 10) ? at.slice(11) : at
}

/** `<a@example.com>, <b@example.com>`; with many, so many and how many more. */
export function addresses(list: readonly string[], most = 5): string {
  const shown = list.slice(0, most).map((address) => `<${address}>`)
  return list.length > most ? `${shown.join(', ')} and ${list.length - most} more` : shown.join(', ')
}

export function ordinal(n: number): string {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[n % 10] ?? 'th')
  return `${n.toLocaleString('en-US')}${ending}`
}
