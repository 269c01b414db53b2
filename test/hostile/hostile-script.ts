/**
 * One script that tries to harm the mail server, and what an administrator is to find in the log for it.
 *
 * Every message of its sender is delivered exactly once, unless `outcome` says that the script skips it. A pattern of
 * the log has NAME where the sender's name stands; the script's file is NAME.lua.
 */
export interface HostileScript {
  readonly script: string | Buffer
  /** Each is found in one line of the log. */
  readonly logged: readonly string[]
  /** None of these is in any line about the sender. */
  readonly never?: readonly string[]
  /** How many messages its sender gets, all at once; 1 unless told. */
  readonly messages?: number
  readonly outcome?: 'delivered' | 'skipped'
}

/** By what the script does; the names are those of the tests. */
export type HostileScripts = Readonly<Record<string, HostileScript>>

type Kind = 'syntax' | 'runtime' | 'timeout' | 'memory' | 'type'

export interface Failure {
  readonly kind: Kind
  /** The function that the log names. */
  readonly in?: string
  /** false: only the main thread could end it, from a place that knows no line. */
  readonly line?: number | false
  /** What the message says behind `NAME.lua:2: `. */
  readonly says?: string
}

const LINE = String.raw`\[\S+\] \[relayout\]`
const SAYS: Partial<Record<Kind, string>> = {
  timeout: 'still running after \\d+ m?s\\. ',
  memory: '(?:uses more than \\d+ MB|not enough memory|resulting string too large)\\. ',
}

/** The error line of a failure: file, line, function, sender, kind and message. */
export function failed({ kind, in: f = 'CheckFile', line = 2, says = SAYS[kind] ?? '' }: Failure): string {
  const name = f.includes(' ') ? `"${f}"` : f
  const [field, place] = line === false ? ['(?: line=\\d+)?', '(?::\\d+)?'] : [` line=${line}`, `:${line}`]
  return (
    String.raw`\[ERROR\] ${LINE} script sender=NAME function=${name} file=NAME\.lua${field} kind=${kind} ` +
    String.raw`error="NAME\.lua${place}: ${says}`
  )
}

/** The line of a message that goes out. */
export function sent(priority = 50): string {
  return String.raw`\[INFO\] ${LINE} send sender=NAME priority=${priority} `
}

export function skipped(reason: string, retry: number): string {
  return String.raw`\[NOTICE\] ${LINE} skip sender=NAME reason=${reason} retry=${retry}`
}

export function warned(says: string): string {
  return String.raw`\[WARN\] ${LINE} script sender=NAME (?:script=NAME\.lua )?warning="${says}`
}

/** One line that the script printed; Haraka quotes a value that has a blank. */
export function printed(says: string): string {
  return String.raw`\[INFO\] ${LINE} print sender=NAME script=NAME\.lua text="?${says}`
}

/** A change, or an attempted change, of a reply. */
export function rewritten(level: string, says: string): string {
  return String.raw`\[${level}\] ${LINE} rewrite sender=NAME ${says}`
}

/** `body` stands in line 2 of CheckFile; `a` is Actions. `before` stands in line 1. */
export function inCheckFile(body: string, before = ''): string {
  return `${before} function CheckFile(file, a, size, created, from, recipients, headers, lines)\n${body}\nreturn a\nend\n`
}

/** A script whose CheckFile fails in line 2. */
export function fault(body: string, failure: Failure): HostileScript {
  return { script: inCheckFile(body), logged: [failed(failure), sent()] }
}

/** A script whose CheckFile never ends by itself, in that line. */
export function endless(body: string, before = '', line = 2): HostileScript {
  return { script: inCheckFile(body, before), logged: [failed({ kind: 'timeout', line }), sent()] }
}

/** A script that does odd things and prints what came of them, in one line each. */
export function harmless(body: string, ...prints: readonly string[]): HostileScript {
  return { script: inCheckFile(body), logged: [...prints.map(printed), sent()], never: ['^\\[ERROR\\]'] }
}

export const LOOP = 'while true do end'
