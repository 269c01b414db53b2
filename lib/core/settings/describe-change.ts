/**
 * What a reload changed, for its log line: one short phrase per key, `[sender.bulk] max_connections: 5 -> 10`. A
 * secret is only said to have changed.
 */
import type { KeySpec } from './key-spec.js'
import { BATV_KEYS, MAIN_KEYS, SENDER_KEYS } from './key-table.js'
import type { KeyTable } from './read-section.js'
import { Secret } from './secret.js'
import type { BatvSettings, SenderSettings, Settings } from './settings.js'

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Secret && b instanceof Secret) return a.equals(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (a instanceof Secret || b instanceof Secret) return false
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && same(value, right.get(key)))
}

function phrase(spec: KeySpec<unknown>, before: unknown, after: unknown): string {
  const key = spec.key.replace('[]', '')
  if (spec.harm === 'secret') return `${key} changed`
  return `${key}: ${spec.show(before) || '(none)'} -> ${spec.show(after) || '(none)'}`
}

function changedKeys(table: KeyTable, before: object, after: object): string[] {
  const [old, now] = [new Map<string, unknown>(Object.entries(before)), new Map<string, unknown>(Object.entries(after))]
  return Object.entries(table)
    .filter(([property]) => old.has(property) && !same(old.get(property), now.get(property)))
    .map(([property, spec]) => phrase(spec, old.get(property), now.get(property)))
}

function changedSender(before: SenderSettings, after: SenderSettings): string[] {
  const changes = changedKeys(SENDER_KEYS, before, after)
  if (!same(before.auth, after.auth)) changes.push('auth changed')
  if (before.id !== after.id) changes.push(`senderid: ${before.id} -> ${after.id}`)
  return changes.map((change) => `[sender.${after.name}] ${change}`)
}

function changedBatv(before: BatvSettings, after: BatvSettings): string[] {
  const changes = changedKeys(BATV_KEYS, before, after)
  const accepted = ({ signing, keys }: BatvSettings): unknown => (signing ? keys.slice(1) : keys)
  const [was, is] = [before.signing?.secret, after.signing?.secret]
  if (!same(was, is)) changes.push(`secret ${was ? (is ? 'changed' : 'removed') : 'added'}`)
  if (before.signing && after.signing && before.signing.key !== after.signing.key) {
    changes.push(`key: ${before.signing.key} -> ${after.signing.key}`)
  }
  if (!same(accepted(before), accepted(after))) changes.push('accept changed')
  return changes.map((change) => `[batv] ${change}`)
}

/** The changed keys in the order of the file, then the senders that are gone. Empty: nothing changed. */
export function describeChange(before: Settings, after: Settings): string[] {
  const old = new Map(before.senders.map((sender) => [sender.name, sender]))
  const changes = [
    ...changedKeys(MAIN_KEYS, before.main, after.main).map((change) => `[main] ${change}`),
    ...changedBatv(before.batv, after.batv),
  ]
  for (const sender of after.senders) {
    const was = old.get(sender.name)
    changes.push(...(was ? changedSender(was, sender) : [`[sender.${sender.name}] added`]))
    old.delete(sender.name)
  }
  return [...changes, ...[...old.keys()].map((name) => `[sender.${name}] removed`)]
}
