/**
 * The tests on one pair of versions, in a copy of the package that has them.
 */
import fs from 'node:fs'
import path from 'node:path'

import { PACKAGE } from '../support/haraka-instance.js'
import { type NodeVersion, nodeVersion } from './node-version.js'
import { newestVersion } from './npm-registry.js'
import type { Outcome } from './outcome.js'
import { copyAgain, type PackageCopy } from './package-copy.js'
import type { Pair } from './pairs.js'
import type { Ended } from './program.js'
import { Steps } from './steps.js'

/** The line of Haraka that the plugin is made for. */
const HARAKA_LINE = 'haraka@~3.3.0'

export interface PairOptions {
  /** Patterns of test files; none: all. */
  readonly tests: readonly string[]
  /** The copy is installed and built; only Haraka is installed over it, where another is wanted. */
  readonly asBuilt: boolean
  readonly limitMs: number
}

export interface PairResult {
  /** The versions in full. */
  readonly node: string
  readonly haraka: string
  readonly outcome: Outcome | undefined
  readonly seconds: number
  /** What went wrong besides failed tests, in one line. */
  readonly trouble: string | undefined
  /** Relative to the package. */
  readonly log: string
}

/** Rejects only where a version does not exist or cannot be had. */
export async function runPair(pair: Pair, original: PackageCopy, options: PairOptions): Promise<PairResult> {
  const node = nodeVersion(pair.node)
  const haraka = harakaVersion(pair.haraka)
  const log = path.join('build', 'versions', `node-${node.version}-haraka-${haraka}.log`)
  const started = Date.now()
  const copy = copyAgain(original)
  try {
    const { outcome, trouble } = await testIn(copy, node, haraka, path.join(PACKAGE, log), options)
    return { node: node.version, haraka, outcome, trouble, log, seconds: (Date.now() - started) / 1000 }
  } finally {
    copy.remove()
  }
}

async function testIn(
  copy: PackageCopy,
  node: NodeVersion,
  haraka: string,
  log: string,
  { tests, asBuilt, limitMs }: PairOptions,
): Promise<Pick<PairResult, 'outcome' | 'trouble'>> {
  const steps = new Steps(copy, node, log, () => limitMs)
  const failed = (what: string, { how, output }: Ended) => ({
    outcome: undefined,
    trouble: `${what}: ${how}: ${output.trim().split('\n').slice(-3).join(' ')}`,
  })
  if (!asBuilt) {
    const install = await steps.installLocked()
    if (!install.ok) return failed('install', install)
  }
  if (installedHaraka(copy.folder) !== haraka) {
    const install = await steps.install(`haraka@${haraka}`)
    if (!install.ok) return failed(`install Haraka ${haraka}`, install)
    const installed = installedHaraka(copy.folder)
    if (installed !== haraka) throw new Error(`npm installed Haraka ${installed} for ${haraka}`)
  }
  if (!asBuilt) {
    const build = await steps.script('build')
    if (!build.ok) return failed('build', build)
  }
  const { ended, outcome } = await steps.test(tests)
  if (outcome && outcome.node !== node.version) throw new Error(`the tests ran on Node ${outcome.node}`)
  if (outcome?.complete === true && (ended.ok || outcome.failed > 0)) return { outcome, trouble: undefined }
  return { ...failed('tests', ended), outcome }
}

function harakaVersion(wanted: string): string {
  if (wanted === 'newest') return newestVersion(HARAKA_LINE)
  return wanted === 'locked' ? lockedHaraka() : wanted
}

function lockedHaraka(): string {
  const lock = JSON.parse(fs.readFileSync(path.join(PACKAGE, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string } | undefined>
  }
  const version = lock.packages['node_modules/haraka']?.version
  if (version === undefined) throw new Error('package-lock.json has no haraka')
  return version
}

function installedHaraka(folder: string): string {
  const file = path.join(folder, 'node_modules', 'haraka', 'package.json')
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}
