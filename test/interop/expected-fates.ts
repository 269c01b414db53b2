/**
 * What becomes of the recipients of a case, by how their addresses begin: the test that compares it with the account.
 */
import assert from 'node:assert/strict'

import type { Account, RelayCase } from '../support/many-relays.js'

/** By the beginning of the local part: `delivered`, `queued`, `bounced`, or `queued or bounced`; '' is all others. */
export type ExpectedFates = Readonly<Record<string, string>>

/** Recipients with addresses of their own, whose beginnings say what becomes of them. */
export function recipientsNamed(...words: readonly string[]): (k: number) => string[] {
  return (k) => words.map((word) => `${word}-${k}`)
}

export function inWords(fates: ExpectedFates): string {
  return Object.entries(fates)
    .map(([who, fate]) => `${who || (Object.keys(fates).length > 1 ? 'others' : 'all')} ${fate}`)
    .join(', ')
}

/** `note` is shown where it is not so: what the relay server said. */
export function assertFates(account: Account, one: RelayCase & { readonly fates: ExpectedFates }, note: string): void {
  const fates: Record<string, string> = {}
  const expected: Record<string, string> = {}
  for (let k = 0; k < (one.messages ?? 3); k++)
    for (const recipient of one.recipients?.(k) ?? [`a${k}`, `b${k}`]) {
      fates[recipient] = account.fates(one.name, recipient).join('+')
      const who = Object.keys(one.fates).find((word) => word !== '' && recipient.startsWith(word)) ?? ''
      const allowed = one.fates[who] ?? 'nothing that was expected'
      expected[recipient] = allowed.split(' or ').find((fate) => fate === fates[recipient]) ?? allowed
    }
  assert.deepEqual(fates, expected, `${one.name}: ${JSON.stringify(fates, undefined, 1)}\n${note}`)
}
