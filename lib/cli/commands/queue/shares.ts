/** How many of each list are shown where not all can be: each has the same, and what one does not need the others have. */
export function shares(lengths: readonly number[], most: number): number[] {
  const given = lengths.map(() => 0)
  let left = most
  for (;;) {
    const wanting = lengths.flatMap((length, i) => ((given[i] ?? 0) < length ? [i] : []))
    if (wanting.length === 0 || left <= 0) return given
    const each = Math.max(1, Math.floor(left / wanting.length))
    for (const i of wanting) {
      const more = Math.min(each, left, (lengths[i] ?? 0) - (given[i] ?? 0))
      given[i] = (given[i] ?? 0) + more
      left -= more
    }
  }
}
