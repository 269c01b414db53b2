/**
 * What this version reads and checks but does not carry out yet. A rule must never silently do nothing: whoever uses
 * one of these is told so in the log.
 */
const SENDER_KEYS = [
  'pipelining',
  'idle_timeout',
  'max_messages_per_connection',
  'max_recipients_per_connection',
  'max_recipients_per_message',
]

/** The keys of relayout.ini, as Haraka read it, that are set and not in force: `[sender.main] pipelining`. */
export function keysNotInForce(raw: unknown): string[] {
  return Object.entries((raw ?? {}) as Record<string, unknown>).flatMap(([section, content]) =>
    Object.keys(content ?? {})
      .filter((key) => section === 'batv' || (section.startsWith('sender.') && SENDER_KEYS.includes(key)))
      .map((key) => `[${section}] ${key}`),
  )
}
