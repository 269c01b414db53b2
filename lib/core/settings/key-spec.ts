/**
 * The kinds of settings keys: how a value is read, shown, and described to the administrator.
 *
 * A raw value is what Haraka's INI reader makes of a line: a string, a number where the text looks like one, an array
 * for `key[]`, undefined for a key without `=`. Reading never throws.
 */

/** A value, or why it cannot be used: '' where the accepted range says enough. */
export type Reading<V> = { readonly value: V } | { readonly why: string }

/**
 * What a bad value does. `none`: the default is used. `route`, `host`, `secret`: mail would go the wrong way, and the
 * kinds differ in their sentence only.
 */
export type Harm = 'none' | 'route' | 'host' | 'secret'

export interface Kind<V> {
  /** Completes "… is accepted". */
  readonly accepted: string
  /** The default as an administrator writes it; '' for none. */
  readonly defaultText: string
  readonly fallback: V
  read(raw: unknown): Reading<V>
  show(value: V): string
}

export interface KeySpec<V> extends Kind<V> {
  /** The key in relayout.ini, `[]` included. */
  readonly key: string
  /** One sentence. */
  readonly doc: string
  readonly harm: Harm
  /** A value to show where there is no default. */
  readonly example?: string
}

const refused = { why: '' } as const

/** A scalar as text; undefined for arrays, sections and keys without a value. */
export function scalarText(raw: unknown): string | undefined {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw).trim() : undefined
}

// The words of Haraka's own INI reader.
const YES = ['true', 'yes', 'ok', 'enabled', 'on', '1']
const NO = ['false', 'no', 'off', 'disabled', '0']

function readYesNo(raw: unknown): Reading<boolean> {
  const word = scalarText(raw)?.toLowerCase() ?? ''
  if (YES.includes(word)) return { value: true }
  return NO.includes(word) ? { value: false } : refused
}

const YES_NO = 'true or false'

export function yesNo(fallback: boolean): Kind<boolean> {
  return { accepted: YES_NO, defaultText: String(fallback), fallback, read: readYesNo, show: String }
}

/** A boolean whose default depends on another key, told by `defaultText`. */
export function yesNoOr(defaultText: string): Kind<boolean | undefined> {
  return { accepted: YES_NO, defaultText, fallback: undefined, read: readYesNo, show: (value) => String(value ?? '') }
}

/** With commas from 10,000 on. */
const grouped = (n: number): string => (n < 10_000 ? String(n) : String(n).replace(/\B(?=(?:\d{3})+$)/g, ','))

export function whole(fallback: number, min: number, max: number, remark = ''): Kind<number> {
  return {
    accepted: `a whole number from ${grouped(min)} to ${grouped(max)}${remark}`,
    defaultText: String(fallback),
    fallback,
    read: (raw) => {
      const text = scalarText(raw) ?? ''
      const value = Number(text)
      return /^\d{1,15}$/.test(text) && value >= min && value <= max ? { value } : refused
    },
    show: String,
  }
}

export function choice<const T extends string>(fallback: T, words: readonly T[]): Kind<T> {
  return choiceOrNone(fallback, fallback, words)
}

export function choiceOrNone<const T extends string, F extends T | undefined>(
  fallback: F,
  defaultText: string,
  words: readonly T[],
): Kind<T | F> {
  return {
    accepted: words.join(', ').replace(/, ([^,]*)$/, ' or $1'),
    defaultText,
    fallback,
    read: (raw) => {
      const text = scalarText(raw)?.toLowerCase()
      const value = words.find((word) => word.toLowerCase() === text)
      return value === undefined ? refused : { value }
    },
    show: (value) => value ?? '',
  }
}

/** Text that `check` takes; `check` gives the reason against it, '' for a reason that `accepted` tells. */
export function text<F extends string | undefined>(
  fallback: F,
  accepted: string,
  check: (value: string) => string | undefined,
): Kind<string | F> {
  return {
    accepted,
    defaultText: fallback ?? '',
    fallback,
    read: (raw) => {
      const value = typeof raw === 'string' ? raw.trim() : undefined
      if (value === undefined) return refused
      const why = value === '' ? '' : check(value)
      return why === undefined ? { value } : { why }
    },
    show: (value) => value ?? '',
  }
}
