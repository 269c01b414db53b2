/** The order in which one sender's waiting messages go (contract 5). */

export type Order = 'arrival' | 'smallest' | 'newest'

export interface Rank {
  /** 100 goes first, 1 last. */
  readonly priority: number
  /** When the item was queued, ms since the epoch. */
  readonly arrivalMs: number
  /** Bytes. */
  readonly size: number
}

const WITHIN_PRIORITY: Record<Order, (a: Rank, b: Rank) => number> = {
  arrival: (a, b) => a.arrivalMs - b.arrivalMs,
  smallest: (a, b) => a.size - b.size,
  newest: (a, b) => b.arrivalMs - a.arrivalMs,
}

/** Compares two ranks: below 0 when the first goes before the second. Equal ones go in the order of their offers. */
export function byRank(order: Order): (a: Rank, b: Rank) => number {
  const within = WITHIN_PRIORITY[order]
  return (a, b) => b.priority - a.priority || within(a, b) || a.arrivalMs - b.arrivalMs
}
