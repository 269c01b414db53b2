/**
 * One section of relayout.ini against its key table: every key gets a value, and everything that does not fit becomes a
 * problem. Never throws, whatever the section holds.
 */
import { sentence, type ErrorCode } from '../errors.js'
import { scalarText, type KeySpec } from './key-spec.js'
import { nearMiss } from '../near-miss.js'
import type { Problem } from './settings.js'

export type KeyTable = Readonly<Record<string, KeySpec<unknown>>>

/** The values of a section by the names of its table. */
export type SectionValues<T> = { readonly [P in keyof T]: T[P] extends KeySpec<infer V> ? V : never }

/** Problems found so far. */
export class Report {
  readonly problems: Problem[] = []
  readonly fatal: Problem[] = []
  /** What is no mistake, but hardly meant. */
  readonly remarks: Problem[] = []

  add(harmful: boolean, code: ErrorCode, text: string, section: string, key: string, nth?: number): void {
    const list = harmful ? this.fatal : this.problems
    list.push({ code, sentence: text, section, key, ...(nth === undefined ? {} : { nth }) })
  }
}

/** The section's own keys; none for what is no section. */
export function ownEntries(raw: unknown): [string, unknown][] {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? Object.entries(raw) : []
}

const bare = (key: string): string => key.replace(/\[\]$/, '')

/** A raw value as it may be printed. */
function shown(raw: unknown): string {
  if (raw === undefined || raw === null || raw === '') return '(nothing)'
  if (Array.isArray(raw)) return raw.map((item) => scalarText(item) ?? '(nothing)').join(' | ')
  return scalarText(raw) ?? '(a section)'
}

function hasInlineComment(raw: unknown): boolean {
  return typeof raw === 'string' && /\s[;#]/.test(raw)
}

/** Reports a value that was refused. A secret's value never gets into the sentence. */
function reportValue(spec: KeySpec<unknown>, raw: unknown, reason: string, section: string, report: Report): void {
  const key = bare(spec.key)
  const why = reason || (hasInlineComment(raw) ? 'a comment needs a line of its own' : '')
  const clause = why && `, ${why}`
  const value = shown(raw)
  switch (spec.harm) {
    case 'none': {
      const used = spec.defaultText || 'no value'
      const params = { section, key, value, accepted: spec.accepted, why: clause, used }
      report.add(false, 'RELAYOUT_E_BAD_VALUE', sentence('RELAYOUT_E_BAD_VALUE', params), section, key)
      return
    }
    case 'host': {
      const text = sentence('RELAYOUT_E_UNUSABLE_HOST', { section, value, why })
      report.add(true, 'RELAYOUT_E_UNUSABLE_HOST', text, section, key)
      return
    }
    case 'secret': {
      const text = sentence('RELAYOUT_E_UNREADABLE_SECRET', { section, key, why })
      report.add(true, 'RELAYOUT_E_UNREADABLE_SECRET', text, section, key)
      return
    }
    case 'route': {
      const params = { section, key, value, accepted: spec.accepted, why: clause }
      report.add(true, 'RELAYOUT_E_UNUSABLE_VALUE', sentence('RELAYOUT_E_UNUSABLE_VALUE', params), section, key)
    }
  }
}

/** A key that the table does not have; `elsewhere` are the keys of senders, for one that stands in a wrong section. */
function reportUnknownKey(
  key: string,
  section: string,
  specs: readonly KeySpec<unknown>[],
  elsewhere: readonly KeySpec<unknown>[],
  report: Report,
): void {
  const keyOf = (spec: KeySpec<unknown>): string => bare(spec.key)
  const misplaced = elsewhere.find((spec) => keyOf(spec) === key)
  const near = nearMiss(key, specs.map(keyOf))
  const meant = misplaced ?? specs.find((spec) => keyOf(spec) === near)
  let hint = near === undefined ? '' : ` (did you mean ${near}?)`
  if (misplaced) hint = ' (it belongs into a [sender.NAME] section)'
  // A mistyped host sends mail around the relay server, a mistyped filter to the wrong one.
  const harmful = meant !== undefined && meant.harm !== 'none'
  const code = harmful ? 'RELAYOUT_E_UNUSABLE_KEY' : 'RELAYOUT_E_UNKNOWN_KEY'
  report.add(harmful, code, sentence(code, { section, key, hint }), section, key)
}

/** The values of one section. */
export function readSection<T extends KeyTable>(
  table: T,
  raw: unknown,
  section: string,
  report: Report,
  elsewhere: readonly KeySpec<unknown>[] = [],
): SectionValues<T> {
  const specs = Object.values(table)
  const given = new Map(ownEntries(raw))
  const known = new Set(specs.map((spec) => bare(spec.key)))
  for (const key of given.keys()) {
    if (!known.has(key)) reportUnknownKey(key, section, specs, elsewhere, report)
  }

  const values = Object.entries(table).map(([property, spec]) => {
    const key = bare(spec.key)
    if (!given.has(key)) return [property, spec.fallback]
    const reading = spec.read(given.get(key))
    if ('value' in reading) return [property, reading.value]
    reportValue(spec, given.get(key), reading.why, section, report)
    return [property, spec.fallback]
  })
  return Object.fromEntries(values) as SectionValues<T>
}
