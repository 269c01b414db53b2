/** Kinds of keys that hold file names and lists. */
import { scalarText, text, type Kind } from './key-spec.js'

function fileFault(name: string): string | undefined {
  if (/^[/\\]|^[a-z]:/i.test(name)) return 'an absolute path is not'
  if (name.split(/[/\\]/).includes('..')) return '".." is not'
  // eslint-disable-next-line no-control-regex -- they have no place in a file name
  return /[\0-\x1f\x7f]|[/\\]$/.test(name) ? '' : undefined
}

/** A file that must stay inside Haraka's config folder. */
export function fileInConfigFolder(fallback: string): Kind<string> {
  return text(fallback, "a file name in Haraka's config folder", fileFault)
}

/** A file anywhere; undefined: none. */
export const fileAnywhere: Kind<string | undefined> = text(undefined, 'a file name', (name) =>
  // eslint-disable-next-line no-control-regex -- they have no place in a file name
  /[\0-\x1f\x7f]|[/\\]$/.test(name) ? '' : undefined,
)

function items(raw: unknown): (string | undefined)[] {
  if (Array.isArray(raw)) return raw.map(scalarText)
  return (scalarText(raw) ?? '').split(',').map((item) => item.trim())
}

// Neither a wildcard nor a final dot: a recipient's domain has none.
const DOMAIN = /^[^\s@,;:<>()[\]"\\*?/]+(?<!\.)$/

/** Domains, comma separated or as `domains[]`, in lower case. */
export const domainList: Kind<readonly string[]> = {
  accepted: 'a comma separated list of domains',
  defaultText: '',
  fallback: [],
  read: (raw) => {
    const value: string[] = []
    for (const [index, item] of items(raw).entries()) {
      if (item === undefined || !DOMAIN.test(item)) return { why: `but element ${index + 1} is no domain` }
      value.push(item.toLowerCase())
    }
    return { value }
  },
  show: (domains) => domains.join(', '),
}

// RFC 5322 2.2, as long as a line may be.
const HEADER_NAME = /^[!-9;-~]{1,998}$/

/** Names of header fields, comma separated, in lower case; `*` alone: all. */
export const headerNames: Kind<readonly string[]> = {
  accepted: 'a comma separated list of header names, or *',
  defaultText: '',
  fallback: [],
  read: (raw) => {
    const value: string[] = []
    for (const [index, item] of items(raw).entries()) {
      if (item === undefined || !HEADER_NAME.test(item)) return { why: `but element ${index + 1} is no header name` }
      value.push(item.toLowerCase())
    }
    return value.includes('*') && value.length > 1 ? { why: 'but * is all of them' } : { value }
  },
  show: (names) => names.join(', '),
}

/** Filter rules as written; what they mean is compiled later. */
export const ruleList: Kind<readonly string[]> = {
  accepted: 'one rule a line, each as filter[] =',
  defaultText: '',
  fallback: [],
  read: (raw) => {
    // `filter =` keeps only its last line, and the lines before would be lost unseen.
    if (!Array.isArray(raw)) return { why: 'not filter =' }
    return { value: raw.map((rule) => scalarText(rule) ?? '') }
  },
  show: (rules) => rules.join(' | '),
}
