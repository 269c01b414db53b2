/**
 * Haraka's log: which lines the user is shown, and how; and what a line of the plugin says.
 *
 * `2026-01-05T10:00:00.000Z [NOTICE] [UUID] [relayout] skip sender=main reason="not yet" retry=60`
 */

export interface LogLine {
  /** Local time of day, or '' where the line has none. */
  readonly time: string
  readonly level: string
  readonly uuid: string
  readonly origin: string
  readonly text: string
}

/** A line of the plugin: the event and its fields. */
export interface LogEvent extends LogLine {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
}

const LINE = /^(?:(\d{4}-\S+Z) )?\[([A-Z]+)\] \[([^\]]*)\] \[([^\]]*)\] (.*)$/
const FIELD = /([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g
const ESCAPED = /\\(.)/g
const UUID_SHOWN = 8

const ALARMING = new Set(['WARN', 'ERROR', 'CRIT', 'ALERT', 'EMERG'])

/**
 * Alarms that are none: what Haraka says of every instance without certificates of its own (here nobody asks it for
 * TLS), and the stack below the sentence of an error.
 */
const NO_NEWS = /^(?:tls (?:key|cert) \S+ could not be loaded\.$|\s|\}$)/

/** Undefined for anything that is not in the form of Haraka's log. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = LINE.exec(line)
  if (!match) return undefined
  const [, time, level = '', uuid = '', origin = '', text = ''] = match
  return { time: time ? timeOfDay(Date.parse(time)) : '', level, uuid, origin, text }
}

/** Undefined for a line that is not the plugin's. */
export function parseEvent(line: LogLine): LogEvent | undefined {
  if (line.origin !== 'relayout') return undefined
  const name = /^[\w-]*/.exec(line.text)?.[0] ?? ''
  return { ...line, name, fields: parseFields(line.text.slice(name.length)) }
}

export function parseFields(text: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {}
  for (const [, key = '', quoted, plain = ''] of text.matchAll(FIELD)) {
    fields[key] = quoted?.replace(ESCAPED, (_, c: string) => (c === 'n' ? '\n' : c === 'r' ? '\r' : c)) ?? plain
  }
  return fields
}

export function isAlarm({ level, text }: LogLine): boolean {
  return ALARMING.has(level) && !NO_NEWS.test(text)
}

/** One line for the user, or undefined when it is not for him: the plugin's own lines, and Haraka's alarms. */
export function readable(line: LogLine): string | undefined {
  const alarm = isAlarm(line) ? `${line.level} ` : ''
  const uuid = line.uuid && line.uuid !== '-' ? `  [${line.uuid.slice(0, UUID_SHOWN)}${suffix(line.uuid)}]` : ''
  const event = parseEvent(line)
  if (event) return shownLine(line.time, `${alarm}${event.name}`, event.text.slice(event.name.length).trim() + uuid)
  return alarm ? shownLine(line.time, 'Haraka', `${alarm}${line.origin}: ${line.text}${uuid}`) : undefined
}

export function shownLine(time: string, what: string, text: string): string {
  return `${time} ${what.padEnd(10)} ${text}`.trimStart()
}

export function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}

/** What follows the 36 characters of a connection's uuid: the transaction and the queue item within it. */
function suffix(uuid: string): string {
  return uuid.slice(36)
}
