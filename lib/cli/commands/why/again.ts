import { duration } from '../../output/units.js'
import { clock } from './step.js'

/** `after 15m, at 07:25:00`. */
export function after(seconds: number, t: string): string {
  return `after ${duration(seconds)}, at ${clock(new Date(Date.parse(t) + seconds * 1000).toISOString(), t)}`
}
