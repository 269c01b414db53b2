/**
 * What this version reads and checks but does not carry out yet. A rule must never silently do nothing: whoever uses
 * one of these is told so in the log.
 */
const SECTIONS = ['batv']

/** The keys of relayout.ini, as Haraka read it, that are set and not in force: `[batv] secret`. */
export function keysNotInForce(raw: unknown): string[] {
  const sections = (raw ?? {}) as Record<string, unknown>
  return SECTIONS.flatMap((section) => Object.keys(sections[section] ?? {}).map((key) => `[${section}] ${key}`))
}
