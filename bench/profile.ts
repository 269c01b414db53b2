/**
 * Whose code a processor profile (V8's format) found at work. A sample belongs to the innermost frame that stands in
 * somebody's source file: what Node and the engine do for a caller is the caller's. Samples without such a frame, as in
 * the garbage collection and in libuv, belong to nobody.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly endTime: number
  /** Ids of nodes. */
  readonly samples: readonly number[]
  /** Before each sample, us. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

export interface Shares {
  /** Time of the plugin's own code, us. */
  readonly plugin: number
  /** Time of Haraka and of what it depends on, us. */
  readonly haraka: number
  /** Time of nobody's code, waiting for events not included, us. */
  readonly other: number
  /** The plugin's time by file, relative to the package's folder, longest first. */
  readonly files: readonly (readonly [file: string, us: number])[]
}

const HARAKA = 'haraka'
const OTHER = 'other'
const IDLE = 'idle'

/** `root`: the plugin's package. */
export function shares(profile: CpuProfile, root: string): Shares {
  const owners = ownersOfNodes(profile.nodes, path.join(root, 'dist'))
  const times = new Map<string, number>()
  profile.samples.forEach((id, at) => {
    const owner = owners.get(id) ?? OTHER
    // A sample holds until the next one.
    times.set(owner, (times.get(owner) ?? 0) + (profile.timeDeltas[at + 1] ?? 0))
  })
  const take = (owner: string): number => {
    const us = times.get(owner) ?? 0
    times.delete(owner)
    return us
  }
  const [haraka, other] = [take(HARAKA), take(OTHER)]
  take(IDLE)
  const files = [...times].sort(([, a], [, b]) => b - a)
  return { plugin: files.reduce((sum, [, us]) => sum + us, 0), haraka, other, files }
}

/** For each node the file of the plugin, HARAKA, OTHER or IDLE. */
function ownersOfNodes(nodes: readonly ProfileNode[], dist: string): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const owners = new Map<number, string>()
  const visit = (node: ProfileNode, caller: string): void => {
    const owner = ownerOf(node, dist) ?? caller
    owners.set(node.id, owner)
    for (const child of node.children ?? []) visit(byId.get(child)!, owner)
  }
  visit(nodes[0]!, OTHER)
  return owners
}

/** Undefined: whoever called it. */
function ownerOf({ callFrame: { functionName, url } }: ProfileNode, dist: string): string | undefined {
  if (functionName === '(idle)') return IDLE
  if (url === '' || url.startsWith('node:')) return undefined
  const file = path.relative(dist, url.startsWith('file:') ? fileURLToPath(url) : url)
  return /^(lib|plugins)\//.test(file) ? file : HARAKA
}
