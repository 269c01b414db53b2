/**
 * An account of mail in sentences.
 */
import { type Account, assertBalanced } from '../test/accounting/ledger.js'

/** None: it balances. */
export function faultsOf(account: Account): string[] {
  try {
    assertBalanced(account)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
