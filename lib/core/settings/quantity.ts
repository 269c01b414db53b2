/**
 * Times, amounts of memory and sizes of files in the settings. Times take `ms s m h d`, a bare number is seconds; memory
 * is MB, also `64M`, `64 MB`, `1G`; sizes take `k m g` (of 1,024), a bare number is bytes. A space before the unit and
 * upper or lower case do not matter.
 */
import { scalarText, type Kind } from './key-spec.js'

const TIME_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

type TimeUnit = keyof typeof TIME_UNITS

const TIME = /^(\d{1,12}(?:\.\d{1,6})?) *(ms|s|m|h|d)?$/i
const MEMORY = /^(\d{1,9}) *(?:(m|g)b?)?$/i

const SIZE_UNITS = { g: 1024 ** 3, m: 1024 ** 2, k: 1024 } as const

type SizeUnit = keyof typeof SIZE_UNITS

const SIZE = /^(\d{1,12}) *(?:(k|m|g)b?)?$/i

/** Milliseconds; undefined for what is no time. */
export function parseTime(raw: unknown): number | undefined {
  const match = TIME.exec(scalarText(raw) ?? '')
  if (!match) return undefined
  const unit = (match[2] ?? 's').toLowerCase() as TimeUnit
  return Math.round(Number(match[1]) * TIME_UNITS[unit])
}

/** As an administrator writes it, in the largest unit that leaves no fraction: `90s`, `5m`, `250ms`. */
export function formatTime(ms: number): string {
  const unit = (Object.keys(TIME_UNITS) as TimeUnit[]).find((name) => ms % TIME_UNITS[name] === 0) ?? 'ms'
  return ms === 0 ? '0s' : `${ms / TIME_UNITS[unit]}${unit}`
}

/** A time whose value counts `unit`s, rounded up to a whole one. The three times are written as in the file. */
export function time(unit: TimeUnit, fallback: string, min: string, max: string): Kind<number> {
  const [minMs, maxMs] = [parseTime(min) ?? 0, parseTime(max) ?? 0]
  const toUnits = (ms: number): number => Math.ceil(ms / TIME_UNITS[unit])
  return {
    accepted: `a time from ${min} to ${max}`,
    defaultText: fallback,
    fallback: toUnits(parseTime(fallback) ?? 0),
    read: (raw) => {
      const ms = parseTime(raw)
      return ms !== undefined && ms >= minMs && ms <= maxMs ? { value: toUnits(ms) } : { why: '' }
    },
    show: (value) => formatTime(value * TIME_UNITS[unit]),
  }
}

/** An amount of memory in MB. */
export function memory(fallback: number, min: number, max: number): Kind<number> {
  return {
    accepted: `an amount of memory from ${min} MB to ${max} MB`,
    defaultText: `${fallback}MB`,
    fallback,
    read: (raw) => {
      const match = MEMORY.exec(scalarText(raw) ?? '')
      const value = Number(match?.[1] ?? NaN) * (match?.[2]?.toLowerCase() === 'g' ? 1024 : 1)
      return value >= min && value <= max ? { value } : { why: '' }
    },
    show: (value) => `${value}MB`,
  }
}

/** Bytes; NaN for what is no size. */
function parseSize(raw: unknown): number {
  const match = SIZE.exec(scalarText(raw) ?? '')
  const unit = match?.[2]?.toLowerCase() as SizeUnit | undefined
  return Number(match?.[1] ?? NaN) * (unit ? SIZE_UNITS[unit] : 1)
}

/** In the largest unit that leaves no fraction: `100m`, `1500`. */
function formatSize(bytes: number): string {
  const unit = (Object.keys(SIZE_UNITS) as SizeUnit[]).find((name) => bytes % SIZE_UNITS[name] === 0)
  return unit ? `${bytes / SIZE_UNITS[unit]}${unit}` : String(bytes)
}

/** The size of a file in bytes. The three sizes are written as in the file. */
export function fileSize(fallback: string, min: string, max: string): Kind<number> {
  return {
    accepted: `a size from ${min} to ${max}`,
    defaultText: fallback,
    fallback: parseSize(fallback),
    read: (raw) => {
      const value = parseSize(raw)
      return value >= parseSize(min) && value <= parseSize(max) ? { value } : { why: '' }
    },
    show: formatSize,
  }
}
