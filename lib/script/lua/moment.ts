/** A moment by the wall clock, in local time or UTC, and the moment of such fields, as C's localtime and mktime have it. */
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** A zone changes its offset twice a year. */
const WEEKS_TO_SEARCH = 53

export interface Moment {
  readonly epochSeconds: number
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** 1 to 366. */
  readonly yearDay: number
  readonly daylightSaving: boolean
  /** East of Greenwich. */
  readonly offsetMinutes: number
  readonly utc: boolean
}

/** Fields of a date, which need not be in their ranges: month 14 is February of the next year. */
export interface DateFields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Which kind of time the fields are in; undefined: whichever is in force then. */
  readonly daylightSaving: boolean | undefined
}

export function momentOf(epochSeconds: number, utc: boolean): Moment | undefined {
  const date = new Date(epochSeconds * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  const offset = utc ? 0 : offsetAt(date.getTime())
  // The wall clock's fields, read from a date that is that far ahead of UTC.
  const wall = new Date(date.getTime() + offset)
  const year = wall.getUTCFullYear()
  return {
    epochSeconds: Math.floor(epochSeconds),
    year,
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
    weekday: wall.getUTCDay(),
    yearDay: Math.floor((wall.getTime() - yearStart(year)) / DAY_MS) + 1,
    daylightSaving: !utc && isDaylightSaving(date.getTime()),
    offsetMinutes: offset / MINUTE_MS,
    utc,
  }
}

/**
 * The moment of local fields, as C's mktime takes them; undefined where JavaScript has no date.
 *
 * A time that happens twice is the second, one that does not happen is as much later as the clocks go forward. Where
 * the fields are in the other kind of time than the one in force, they count by that one's offset: an hour earlier in
 * daylight-saving time, an hour later in standard time.
 */
export function momentOfFields(fields: DateFields): Moment | undefined {
  const wall = new Date(0)
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  wall.setUTCFullYear(fields.year, fields.month - 1, fields.day)
  wall.setUTCHours(fields.hour, fields.minute, fields.second)
  const at = wall.getTime()
  if (Number.isNaN(at)) return undefined
  const { daylightSaving } = fields
  const [before, after] = [offsetAt(at - DAY_MS), offsetAt(at + DAY_MS)]
  const possible = [at - after, at - before].filter((moment) => moment + offsetAt(moment) === at)
  const fitting = possible.filter(
    (moment) => daylightSaving === undefined || isDaylightSaving(moment) === daylightSaving,
  )
  const found = fitting[0] ?? at - (daylightSaving === undefined ? before : offsetOf(daylightSaving, at - before))
  return momentOf(found / 1000, false)
}

/** The offset of the nearest time of that kind; a zone that has no daylight-saving time would have one of an hour. */
function offsetOf(daylightSaving: boolean, near: number): number {
  for (let weeks = 0; weeks <= WEEKS_TO_SEARCH; weeks++) {
    for (const moment of [near - weeks * 7 * DAY_MS, near + weeks * 7 * DAY_MS]) {
      if (isDaylightSaving(moment) === daylightSaving) return offsetAt(moment)
    }
  }
  return offsetAt(near) + (daylightSaving ? HOUR_MS : -HOUR_MS)
}

/** East of Greenwich, milliseconds. */
function offsetAt(moment: number): number {
  return -new Date(moment).getTimezoneOffset() * MINUTE_MS
}

/** The standard offset is the smaller of the two halves of the year, north and south. */
function isDaylightSaving(moment: number): boolean {
  const year = new Date(moment).getFullYear()
  const [winter, summer] = [offsetAt(new Date(year, 0, 1).getTime()), offsetAt(new Date(year, 6, 1).getTime())]
  return offsetAt(moment) > Math.min(winter, summer)
}

function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1)
}

export function daysIn(year: number): number {
  return (yearStart(year + 1) - yearStart(year)) / DAY_MS
}
