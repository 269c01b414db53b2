/**
 * What Lua's array part makes of a table, and fengari's tables have not: the order of `pairs`, and `#` over holes.
 *
 * Lua's manual promises neither, but every script relies on both: `pairs` goes through an array from 1 upwards, before
 * the other keys, and `#{...}` counts up to the last argument, whichever of the others are nil. fengari goes through
 * a table in the order of assignment, and a constructor assigns its items from the last to the first.
 */
import type { Table, TableEntry } from './fengari-types.js'

const LUA_TNUMBER = 3

/**
 * Puts whole numbers from 1 upwards first; other keys stay in the order in which they came. To be called at each step
 * of a traversal, which leaves the order alone as long as no key is new.
 *
 * Only new keys can put a table into disorder, and they go to the end: a table whose last entry is marked is in order.
 */
export function putInOrder(table: Table): void {
  if (table.l === undefined || table.l.inOrder === true) return
  if (!isInOrder(table)) relink(table)
  table.l.inOrder = true
}

/** Backwards, up to an entry that was the last one before: what is in front of it is in order. */
function isInOrder(table: Table): boolean {
  let following = Infinity
  for (let entry = table.l; entry !== undefined; entry = entry.p) {
    const index = indexOf(entry)
    if (index > following) return false
    if (entry.inOrder === true) return true
    following = index
  }
  return true
}

/** Infinity for a key that is no index. */
function indexOf({ key }: TableEntry): number {
  if ((key.type & 0x0f) !== LUA_TNUMBER) return Infinity
  const n = key.value as number
  return Number.isInteger(n) && n > 0 ? n : Infinity
}

function relink(table: Table): void {
  const entries: TableEntry[] = []
  for (let entry = table.f; entry !== undefined; entry = entry.n) entries.push(entry)
  const items = entries.filter((entry) => indexOf(entry) !== Infinity).sort((a, b) => indexOf(a) - indexOf(b))
  const ordered = [...items, ...entries.filter((entry) => indexOf(entry) === Infinity)]
  for (const [i, entry] of ordered.entries()) {
    entry.p = ordered[i - 1]
    entry.n = ordered[i + 1]
  }
  table.f = ordered[0]
  table.l = ordered.at(-1)
}

/** A constructor, going downwards, has met nil at `index`: `#` shall see how far it has filled the table. */
export function noteHole(table: Table, index: number): void {
  let end = index
  while (table.strong.has(end + 1)) end++
  table.filledTo = Math.max(table.filledTo ?? 0, end)
}

/** `#` of a table with such holes, by the search that Lua makes. */
export function lengthOver(table: Table, filledTo: number): number {
  let [low, high] = [filledTo, filledTo + 1]
  if (table.strong.has(filledTo)) for (; table.strong.has(high); high *= 2) low = high
  else [low, high] = [0, filledTo]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (table.strong.has(middle)) low = middle
    else high = middle
  }
  return low
}
