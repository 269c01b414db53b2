/**
 * An account of mail in rows and sentences.
 */
import { type Account, assertBalanced } from '../test/accounting/ledger.js'
import type { Row } from './part.js'

/** None: it balances. */
export function faultsOf(account: Account): string[] {
  try {
    assertBalanced(account)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** How many recipients have their message twice, by the reasons why that had to be. */
export function reasonsOf({ twice }: Account): Row[] {
  const counts = new Map<string, number>()
  for (const { why } of twice) {
    // Without the places, each of which is another one.
    const reason = why?.replaceAll(/(^|; )[^:;]*: /g, '$1') ?? 'no reason'
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return Array.from(counts, ([reason, count]) => ({ what: `twice: ${reason}`, figure: String(count) }))
}
