/** One script: what its text tells, and how it begins as a session of each of its senders. */
import { fromBytes } from '../../../core/byte-string.js'
import type { SenderSettings } from '../../../core/settings/settings.js'
import { type DefinedCallback, lint } from '../../../lint/lint.js'
import { CALLBACKS } from '../../../script/callbacks.js'
import type { Callback, ScriptFailure, ScriptSource } from '../../../script/port.js'
import type { Heard, Rehearsal } from '../../rehearsal/rehearsal.js'
import type { CheckFinding } from './finding.js'

export interface CheckedScript {
  readonly file: string
  readonly version: string
  readonly senders: readonly string[]
  readonly callbacks: readonly FoundCallback[]
  readonly findings: readonly CheckFinding[]
}

/** Where it stands; one that is made while the script runs has no place. */
export type FoundCallback = { readonly name: Callback } & Partial<DefinedCallback>

/** `file`: as the user would open it. `heard`: what the sessions say, as the rehearsal hears it. */
export async function checkScript(
  file: string,
  source: ScriptSource,
  senders: readonly SenderSettings[],
  rehearsal: Rehearsal,
  heard: readonly Heard[],
): Promise<CheckedScript> {
  const begun: { failure: ScriptFailure | undefined; has: Callback[] }[] = []
  // One after the other: so they print in the same order every time.
  for (const sender of senders) {
    const session = rehearsal.session(sender)
    const { topLevel, start } = await session.started
    const has = CALLBACKS.filter((callback) => !topLevel && session.has(callback))
    begun.push({ failure: topLevel ?? start, has })
  }
  const failures = begun.flatMap(({ failure }) => failure ?? [])
  const compiles = failures.every(({ kind }) => kind !== 'syntax')
  const text = lint(source.bytes, { compiles })
  const syntax = text.findings.find(({ rule }) => rule === 'syntax')
  const mine = new Set(senders.map(({ name }) => name))
  return {
    file,
    version: source.version,
    senders: [...mine],
    callbacks: callbacksOf(text.callbacks, new Set(begun.flatMap(({ has }) => has)), failures.length > 0),
    findings: [
      ...unique(failures.map((failure) => failed(file, failure, syntax))),
      ...text.findings.filter((finding) => finding !== syntax).map((finding) => ({ ...finding, file })),
      ...unique(
        heard.flatMap((one) => (one.kind === 'warning' && mine.has(one.sender) ? warned(file, source, one) : [])),
      ),
    ].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  }
}

/** Those of the text, and those that the sessions have besides. */
function callbacksOf(
  written: readonly DefinedCallback[],
  there: ReadonlySet<Callback>,
  failed: boolean,
): readonly FoundCallback[] {
  const names = new Set(written.map(({ name }) => name))
  const made = [...there].filter((name) => !names.has(name)).map((name) => ({ name }))
  return [...written.filter(({ name }) => failed || there.has(name)), ...made]
}

/** The engine knows the line; of a syntax error the parser of the text knows the column, too. */
function failed(
  file: string,
  { kind, message, line, function: name }: ScriptFailure,
  syntax: { readonly line: number; readonly column: number } | undefined,
): CheckFinding {
  const place =
    line === undefined ? {} : { line, column: kind === 'syntax' && syntax?.line === line ? syntax.column : 1 }
  const text = fromBytes(message).replace(/^[^:]*:(?:\d+:)? ?/, '')
  const where = name === 'Start' ? 'Start fails: ' : ''
  return { severity: 'error', file, ...place, rule: kind, sentence: where + text }
}

/** `relayout.lua:12: …`, as a session says it. */
function warned(file: string, source: ScriptSource, { text }: Heard): CheckFinding {
  const match = text.startsWith(`${source.name}:`) ? /:(\d+): (.*)$/s.exec(text) : null
  const place = match ? { line: Number(match[1]), column: 1 } : {}
  return { severity: 'warning', file, ...place, rule: 'session', sentence: match?.[2] ?? text }
}

function unique(findings: readonly CheckFinding[]): CheckFinding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()]
}
