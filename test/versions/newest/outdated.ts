/**
 * What is newer than what package-lock.json has, of the packages that package.json names, as `npm outdated` tells it.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export interface Outdated {
  readonly name: string
  readonly locked: string
  /** The newest that the range in package.json allows. */
  readonly within: string
  readonly newest: string
}

/** `folder`: where what is locked is installed. Throws, with npm's words, when it cannot be asked. */
export function outdatedIn(folder: string): Outdated[] {
  // It ends with 1 where there is something to tell.
  const { stdout, stderr } = spawnSync('npm', ['outdated', '--json'], { cwd: folder, encoding: 'utf8' })
  if (stdout.trim() === '') throw new Error(`npm outdated said nothing: ${stderr}`)
  return outdatedOf(stdout)
}

export function outdatedOf(json: string): Outdated[] {
  const told = JSON.parse(json) as Record<string, unknown>
  if ('error' in told) throw new Error(`npm outdated failed: ${JSON.stringify(told['error'])}`)
  // A package that several things depend on is a list: the package's own need of it comes first.
  const packages = told as Record<string, NpmOutdated | NpmOutdated[]>
  return Object.entries(packages).flatMap(([name, one]) =>
    [one]
      .flat()
      .slice(0, 1)
      .map(({ current, wanted, latest }) => ({ name, locked: current, within: wanted, newest: latest })),
  )
}

interface NpmOutdated {
  readonly current: string
  readonly wanted: string
  readonly latest: string
}

type Section = Record<string, string>

/** Writes the newest versions into the package.json of `folder`, whatever its ranges say. */
export function requireNewest(folder: string, packages: readonly Outdated[]): void {
  const file = path.join(folder, 'package.json')
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Section | undefined>
  for (const name of ['dependencies', 'devDependencies', 'peerDependencies']) {
    const section = manifest[name] ?? {}
    for (const one of packages) if (one.name in section) section[one.name] = one.newest
  }
  fs.writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`)
}
