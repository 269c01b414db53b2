/** The known word that a mistyped one was probably meant to be. */

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1))
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? Infinity) + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** Without case and signs. */
export const squeezed = (word: string): string => word.toLowerCase().replace(/[^a-z\d]/g, '')

/** The nearest of `known` that at most a third of the letters away, two at most; undefined when none is. */
export function nearMiss(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) return undefined
  const plain = squeezed(word)
  let best: string | undefined
  let bestDistance = Math.min(2, Math.floor(plain.length / 3)) + 1
  for (const candidate of known) {
    const other = squeezed(candidate)
    if (Math.abs(other.length - plain.length) >= bestDistance) continue
    const d = distance(plain, other)
    if (d < bestDistance) [best, bestDistance] = [candidate, d]
  }
  return best
}
