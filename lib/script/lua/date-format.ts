/**
 * A moment as os.date shows it, in local time or UTC, and strftime of C99 in the C locale.
 *
 * `%Z` is the zone as the platform's date text has it in short form; where JavaScript knows no abbreviation it is an
 * offset such as GMT+2. An unknown conversion is undefined: the caller raises Lua's error.
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAY_MS = 86_400_000

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
  readonly zone: string
}

export function momentOf(epochSeconds: number, utc: boolean): Moment | undefined {
  const date = new Date(epochSeconds * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  const offsetMinutes = utc ? 0 : -date.getTimezoneOffset()
  // The wall clock's fields, read from a date that is that far ahead of UTC.
  const wall = new Date(date.getTime() + offsetMinutes * 60_000)
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
    daylightSaving: !utc && offsetMinutes > standardOffset(date.getFullYear()),
    offsetMinutes,
    zone: utc ? 'GMT' : zoneName(date),
  }
}

/** The standard offset is the smaller of the two halves of the year, north and south. */
function standardOffset(year: number): number {
  return Math.min(-new Date(year, 0, 1).getTimezoneOffset(), -new Date(year, 6, 1).getTimezoneOffset())
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1)
}

const two = (n: number, fill = '0'): string => String(n).padStart(2, fill)
const twelve = (hour: number): number => ((hour + 11) % 12) + 1

const CONVERSIONS: Readonly<Record<string, (at: Moment) => string>> = {
  a: ({ weekday }) => (DAYS[weekday] ?? '').slice(0, 3),
  A: ({ weekday }) => DAYS[weekday] ?? '',
  b: ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3),
  B: ({ month }) => MONTHS[month - 1] ?? '',
  c: (at) => strftime('%a %b %e %H:%M:%S %Y', at),
  C: ({ year }) => two(Math.floor(year / 100)),
  d: ({ day }) => two(day),
  D: (at) => strftime('%m/%d/%y', at),
  e: ({ day }) => two(day, ' '),
  F: (at) => strftime('%Y-%m-%d', at),
  g: (at) => two(isoWeek(at).year % 100),
  G: (at) => String(isoWeek(at).year),
  h: (at) => strftime('%b', at),
  H: ({ hour }) => two(hour),
  I: ({ hour }) => two(twelve(hour)),
  j: ({ yearDay }) => String(yearDay).padStart(3, '0'),
  k: ({ hour }) => two(hour, ' '),
  l: ({ hour }) => two(twelve(hour), ' '),
  m: ({ month }) => two(month),
  M: ({ minute }) => two(minute),
  n: () => '\n',
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  P: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  r: (at) => strftime('%I:%M:%S %p', at),
  R: (at) => strftime('%H:%M', at),
  s: ({ epochSeconds }) => String(epochSeconds),
  S: ({ second }) => two(second),
  t: () => '\t',
  T: (at) => strftime('%H:%M:%S', at),
  u: ({ weekday }) => String(weekday === 0 ? 7 : weekday),
  U: ({ yearDay, weekday }) => two(Math.floor((yearDay + 6 - weekday) / 7)),
  V: (at) => two(isoWeek(at).week),
  w: ({ weekday }) => String(weekday),
  W: ({ yearDay, weekday }) => two(Math.floor((yearDay + 6 - ((weekday + 6) % 7)) / 7)),
  x: (at) => strftime('%m/%d/%y', at),
  X: (at) => strftime('%H:%M:%S', at),
  y: ({ year }) => two(((year % 100) + 100) % 100),
  Y: ({ year }) => String(year),
  z: ({ offsetMinutes }) => {
    const size = Math.abs(offsetMinutes)
    return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
  },
  Z: ({ zone }) => zone,
  '%': () => '%',
}

/** The first conversion in `format` that strftime does not know, as written, or undefined. */
export function unknownConversion(format: string): string | undefined {
  for (const [whole, letter = ''] of format.matchAll(/%[EO]?([^]?)/g)) {
    if (!Object.hasOwn(CONVERSIONS, letter)) return whole
  }
  return undefined
}

/** `E` and `O` ask for a locale's other forms; the C locale has none. */
export function strftime(format: string, at: Moment): string {
  return format.replace(/%[EO]?([^])/g, (whole, letter: string) => CONVERSIONS[letter]?.(at) ?? whole)
}

/** ISO 8601: the week belongs to the year that has its Thursday. */
function isoWeek({ year, yearDay, weekday }: Moment): { year: number; week: number } {
  const monday = (weekday + 6) % 7
  const thursday = yearDay + 3 - monday
  if (thursday < 1) return { year: year - 1, week: Math.ceil((thursday + daysIn(year - 1)) / 7) }
  if (thursday > daysIn(year)) return { year: year + 1, week: 1 }
  return { year, week: Math.ceil(thursday / 7) }
}

function daysIn(year: number): number {
  return (yearStart(year + 1) - yearStart(year)) / DAY_MS
}
