/**
 * A moment as os.date shows it: strftime of C99 in the C locale.
 *
 * `%Z` is the abbreviation that some country's English has for the zone; where there is none it is an offset such as
 * GMT+2. An unknown conversion is undefined: the caller raises Lua's error.
 */
import { daysIn } from './moment.js'
import type { Moment } from './moment.js'

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
/** Abbreviations are a matter of the country: CET is British, JST is Japanese. */
const ZONE_LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-CA', 'en-ZA', 'ja-JP']

function zoneName({ epochSeconds, utc }: Moment): string {
  if (utc) return 'GMT'
  const names = ZONE_LOCALES.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(epochSeconds * 1000)
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  })
  return names.find((name) => !/^GMT./.test(name)) ?? names[0] ?? ''
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
  Z: zoneName,
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
