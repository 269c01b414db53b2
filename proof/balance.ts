/**
 * An account of mail in rows and sentences.
 */
import { type Account, assertBalanced, copiesByReason } from '../test/accounting/ledger.js'
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

/** How many copies too many there are, by the reasons why they had to be. */
export function copiesOf(account: Account): Row[] {
  return Array.from(copiesByReason(account), ([reason, count]) => ({
    what: `sent again: ${reason}`,
    figure: String(count),
  }))
}
