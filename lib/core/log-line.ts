/**
 * The fields of one log event (contract 9): nothing from a message, a script or a server can break a line or forge a
 * field.
 *
 * Haraka's logger prints `key=value` and quotes a value that has a space, `=`, `"`, `\`, CR or LF, escaping the last
 * four. What it does not look at is neutralised here: other control characters, Unicode's line breaks and spaces, and
 * the invisible characters that reorder or hide text. They become `\xNN` or `\u{N}`. The logger also takes some keys
 * for its own (`name`, `uuid`, `message` …): such a key gets a `_` behind it.
 */

const MAX_LENGTH = 2000

// Cc control, Cf format (bidi, zero width), Cs lone surrogates, Zl Zp Zs separators.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]/gu
const PRINTABLE_ASCII = /^[ -~]*$/
const LEFT_TO_THE_LOGGER = ' \r\n'

const TAKEN_KEYS = new Set(['name', 'uuid', 'todo', 'level', 'origin', 'message', 'constructor', '__proto__'])

function escape(character: string): string {
  if (LEFT_TO_THE_LOGGER.includes(character)) return character
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}

/** Visible text only, at most `max` characters; a longer one ends in `…`. CR, LF and the plain space stay. */
export function neutralise(text: string, max = MAX_LENGTH): string {
  if (text.length <= max && PRINTABLE_ASCII.test(text)) return text
  // Escapes only lengthen: what lies beyond max can never be shown.
  const whole = text.slice(0, max + 1).replace(UNPRINTABLE, escape)
  if (whole.length <= max && text.length <= max) return whole
  const cut = whole.slice(0, max - 1)
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** As `neutralise`, on one line. */
export function oneLine(text: string, max = MAX_LENGTH): string {
  return neutralise(text.replace(/[\r\n]+/g, ' '), max)
}

export type LogValue = string | number | boolean | undefined

function safeKey(key: string): string {
  const plain = key.replace(/[^\w.-]/g, '_') || '_'
  return TAKEN_KEYS.has(plain) ? `${plain}_` : plain
}

/**
 * The fields as Haraka's logger takes them: a plain object, in the order given, undefined dropped. A byte string is to
 * be passed through `fromBytes` first.
 */
export function logFields(fields: Readonly<Record<string, LogValue>>): Record<string, string> {
  const safe: Record<string, string> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) safe[safeKey(key)] = neutralise(String(value))
  }
  return safe
}
