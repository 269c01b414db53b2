/**
 * What versions of a package there are, asked through npm.
 */
import { execFileSync } from 'node:child_process'

/** `specification`: a name, with a range after `@` or without. Throws, with npm's words, where there is none. */
export function newestVersion(specification: string): string {
  const out = execFileSync('npm', ['view', specification, 'version', '--json'], { encoding: 'utf8' })
  const version = newestOf(JSON.parse(out || '[]') as string | string[])
  if (version === undefined) throw new Error(`npm knows no version ${specification}`)
  return version
}

/** npm answers one version as a string and several as a list. */
export function newestOf(versions: string | readonly string[]): string | undefined {
  const byNumber = new Intl.Collator('en', { numeric: true })
  return [versions].flat().sort(byNumber.compare).at(-1)
}
