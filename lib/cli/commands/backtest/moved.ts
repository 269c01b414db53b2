/**
 * The fewest members of a list that must move for it to come into another order: all but a longest increasing
 * subsequence. O(n log n).
 */

/** `places`: for each member in the old order, its place in the new one, all different. Indices into that list. */
export function moved(places: readonly number[]): Set<number> {
  /** Of each length so far: the member that ends the subsequence with the smallest place. */
  const ends: number[] = []
  const before = places.map((place, i) => {
    const length = firstNotBelow(ends, places, place)
    ends[length] = i
    return length > 0 ? ends[length - 1] : undefined
  })
  const all = new Set(places.keys())
  for (let at = ends.at(-1); at !== undefined; at = before[at]) all.delete(at)
  return all
}

function firstNotBelow(ends: readonly number[], places: readonly number[], place: number): number {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[ends[middle] ?? 0] ?? 0) < place) low = middle + 1
    else high = middle
  }
  return low
}
