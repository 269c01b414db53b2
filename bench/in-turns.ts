/**
 * Measurements that are compared are taken in turns, round by round, since the machine is faster at one time and slower
 * at another. Whoever comes first or last has it easier or harder, so each round begins with another one.
 */

/** `measure` answers undefined where something is not to be measured in this round. */
export async function inTurns<Name extends string, Result>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => Promise<Result | undefined>,
): Promise<Record<Name, Result[]>> {
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const result = await measure(name, round)
      if (result !== undefined) results[name].push(result)
    }
  }
  return results
}

/** Each round's ratio, of as many rounds as there are of both. */
export function paired<Own, Base>(
  own: readonly Own[],
  base: readonly Base[],
  ratio: (own: Own, base: Base) => number,
): number[] {
  return base.slice(0, own.length).map((one, round) => ratio(own[round]!, one))
}
