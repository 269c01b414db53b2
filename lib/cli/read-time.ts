/** The time that `--at` gives. */
import { relayoutError } from '../core/errors.js'

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]|$)/

/** Milliseconds since the epoch; a clock time is today's. Throws a RelayoutError. */
export function readTime(text: string, nowMs: number): number {
  const clock = CLOCK.exec(text)
  const date = new Date(nowMs)
  if (clock) {
    const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)]
    if (hour < 24 && minute < 60 && second < 60) return date.setHours(hour, minute, second, 0)
  } else if (isDay(text)) {
    // A day alone would be one of UTC.
    const ms = Date.parse(DAY.test(text) ? `${text}T00:00` : text.replace(' ', 'T'))
    if (!Number.isNaN(ms)) return ms
  }
  throw relayoutError('RELAYOUT_E_TIME', { value: text })
}

/** There is such a day: Date.parse takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const [, year, month, day] = MOMENT.exec(text) ?? []
  if (year === undefined) return false
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}
