/** Haraka's retry intervals, as outbound/config.js reads them (outbound.ini, temp_fail_intervals). */
import type { ConfigReader } from '../policy/config-reader.js'

/** Where nothing else is set, Haraka tries so often. */
const MOST_FAILURES = 13

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Seconds; where Haraka cannot read its setting, its defaults. */
export function intervals(config: ConfigReader | undefined): readonly number[] {
  const ini = config?.get('outbound.ini', 'ini') as { readonly main?: Readonly<Record<string, unknown>> } | undefined
  const most = Number(ini?.main?.['maxTempFailures'] ?? config?.get('outbound.maxTempFailures') ?? MOST_FAILURES)
  const doubled = Array.from({ length: Math.max(0, (most || MOST_FAILURES) - 1) }, (_, i) => 2 ** (i + 6))
  const text = ini?.main?.['temp_fail_intervals'] ?? config?.get('outbound.temp_fail_intervals')
  if (typeof text !== 'string' || text.trim() === '') return doubled
  if (text.trim().toLowerCase() === 'none') return []
  const listed = text.toLowerCase().split(',').map(interval)
  return listed.some((part) => part === undefined) ? doubled : listed.flatMap((part) => part ?? [])
}

/** `5m*2` is twice 300. */
function interval(text: string): number[] | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*(?:\*\s*(\d+)\s*)?$/.exec(text)
  if (!match) return undefined
  const seconds = Number(match[1]) * (SECONDS[match[2] ?? ''] ?? 0)
  return seconds < 5 ? undefined : Array.from({ length: Number(match[3] ?? 1) }, () => seconds)
}
