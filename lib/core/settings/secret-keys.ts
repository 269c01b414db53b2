/**
 * The keys that hold secrets. Haraka's INI reader turns `007` into 7, so a value that looks like a number is refused
 * rather than used without its leading zeros; no reason ever holds the value.
 */
import type { Kind, Reading } from './key-spec.js'
import { Secret } from './secret.js'
import type { BatvKey } from './settings.js'

function readSecret(raw: unknown, file: string): Reading<Secret> {
  if (typeof raw === 'number') {
    return { why: `it reads as a number, so that leading zeros would be lost: put it into ${file}` }
  }
  if (typeof raw === 'boolean') return { why: `it reads as true or false: put it into ${file}` }
  if (Array.isArray(raw)) return { why: 'it is given as a list, with []' }
  if (typeof raw !== 'string' || raw === '') return { why: 'it is empty' }
  // NUL separates the parts of AUTH PLAIN, CR LF would end the command.
  return /[\0\r\n]/.test(raw) ? { why: 'it has a control character' } : { value: new Secret(raw) }
}

/** One secret; `file` names the key to use instead where the INI cannot hold it. */
export function secret(file: string): Kind<Secret | undefined> {
  return {
    accepted: `a text that is not a number (else use ${file})`,
    defaultText: '',
    fallback: undefined,
    read: (raw) => readSecret(raw, file),
    show: (value) => (value ? String(value) : ''),
  }
}

function readAcceptedKeys(raw: unknown): Reading<readonly BatvKey[]> {
  const keys: BatvKey[] = []
  for (const [index, item] of (Array.isArray(raw) ? (raw as unknown[]) : [raw]).entries()) {
    const match = /^(\d)\s*:\s*(\S.*)$/.exec(typeof item === 'string' ? item.trim() : '')
    if (!match?.[1] || !match[2]) return { why: `element ${index + 1} is not KEY:SECRET with a KEY from 0 to 9` }
    keys.push({ key: Number(match[1]), secret: new Secret(match[2]) })
  }
  return { value: keys }
}

/** Earlier BATV keys, `KEY:SECRET` each. */
export const acceptedKeys: Kind<readonly BatvKey[]> = {
  accepted: 'KEY:SECRET, the KEY from 0 to 9',
  defaultText: '',
  fallback: [],
  read: readAcceptedKeys,
  show: (keys) => keys.map(({ key, secret: hidden }) => `${key}:${String(hidden)}`).join(', '),
}
