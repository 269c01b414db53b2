/**
 * What CheckFile's Actions table means (contract 4): raw values from the script in, one decision out.
 *
 * Never throws. A value that cannot be used is replaced and named in `warnings`; an absent one is not.
 */
import { cutBytes, fromBytes } from './byte-string.js'
import { oneLine } from './log-line.js'
import { parseNumber } from './numeral.js'

/** A field of the Actions table as the script left it: byte strings; any other Lua type only by its name. */
export type RawValue = boolean | number | string | undefined | { readonly luaType: string }

export interface RawActions {
  readonly SkipSend: RawValue
  readonly Reason: RawValue
  readonly Priority: RawValue
  readonly RetryAfter: RawValue
  readonly ForceLastTry: RawValue
}

export interface Decision {
  readonly skip: boolean
  /** One line, at most 500 characters; '' when the script gave none. */
  readonly reason: string
  /** 1 to 100. */
  readonly priority: number
  /** Seconds until a skipped message is offered again, 1 s to 7 days; undefined: the skip_retry setting. */
  readonly retryAfterSeconds: number | undefined
  readonly forceLastTry: boolean
  /** Sentences for the log: values that were not usable and what was taken instead. */
  readonly warnings: readonly string[]
}

export const DEFAULT_PRIORITY = 50

const MAX_REASON_BYTES = 500
const MAX_RETRY_SECONDS = 7 * 24 * 3600

/** SkipSend and ForceLastTry: nil, false, 0, "", "0", "false" and "no" are no, all else is yes. */
function isYes(value: RawValue): boolean {
  if (typeof value === 'string') return !['', '0', 'false', 'no'].includes(value.toLowerCase())
  return value !== undefined && value !== false && value !== 0
}

function toNumber(value: RawValue): number | undefined {
  const number = typeof value === 'string' ? parseNumber(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined
}

function clamp(number: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, number))
}

function shown(value: RawValue): string {
  if (typeof value === 'string') return `"${oneLine(fromBytes(value.slice(0, 240)), 60)}"`
  return typeof value === 'object' ? `a ${oneLine(value.luaType, 60)}` : String(value)
}

function reasonOf(value: RawValue): string {
  if (typeof value === 'object' || value === undefined) return ''
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  const line = String(value).replace(/\r\n|[\x00-\x1f\x7f]/g, ' ')
  // Not trim(): it takes the byte 0xA0, which ends many a UTF-8 sequence, for a space.
  return cutBytes(line.replace(/^ +/, ''), MAX_REASON_BYTES).replace(/ +$/, '')
}

/** The decision that the Actions table stands for. */
export function decide(raw: RawActions): Decision {
  const warnings: string[] = []

  let priority = toNumber(raw.Priority)
  if (priority === undefined && raw.Priority !== undefined) {
    warnings.push(`Priority = ${shown(raw.Priority)} is not a number from 1 to 100; ${DEFAULT_PRIORITY} is used`)
  }
  priority = clamp(priority ?? DEFAULT_PRIORITY, 1, 100)

  let retryAfterSeconds = toNumber(raw.RetryAfter)
  if (retryAfterSeconds !== undefined) retryAfterSeconds = clamp(retryAfterSeconds, 1, MAX_RETRY_SECONDS)
  else if (raw.RetryAfter !== undefined) {
    warnings.push(`RetryAfter = ${shown(raw.RetryAfter)} is not a number of seconds; skip_retry is used`)
  }

  return {
    skip: isYes(raw.SkipSend),
    reason: reasonOf(raw.Reason),
    priority,
    retryAfterSeconds,
    forceLastTry: isYes(raw.ForceLastTry),
    warnings,
  }
}
