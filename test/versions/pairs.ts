/**
 * Which versions of Node and Haraka are tested with each other.
 */
export interface Pair {
  /** A version or the beginning of one, `22`. */
  readonly node: string
  /** A version, `newest` (of the line that the plugin is made for), or `locked` (that of package-lock.json). */
  readonly haraka: string
}

const NODE = /^\d+(\.\d+){0,2}$/
const HARAKA = /^(\d+\.\d+\.\d+|newest|locked)$/

/** Those that are named as `NODE/HARAKA`; where none is, each of `nodes` with each of `harakas`, comma separated. */
export function pairsOf(named: readonly string[], nodes: string, harakas: string): Pair[] {
  const pairs =
    named.length > 0
      ? named.map((name) => name.split('/'))
      : nodes.split(',').flatMap((node) => harakas.split(',').map((haraka) => [node, haraka]))
  return pairs.map(([node = '', haraka = '', ...more]) => {
    if (!NODE.test(node)) throw new Error(`"${node}" is no version of Node: 22 or 22.1.0 would be`)
    if (!HARAKA.test(haraka) || more.length > 0) {
      throw new Error(`"${[haraka, ...more].join('/')}" is no version of Haraka: 3.3.0, newest or locked would be`)
    }
    return { node, haraka }
  })
}
