/**
 * What is done with a copy of the package, step by step: installed, built, tested. Each step ends in bounded time, says
 * how it went, and leaves what it printed in a log.
 */
import fs from 'node:fs'
import path from 'node:path'

import { environmentOf, type NodeVersion } from './node-version.js'
import { type Outcome, readOutcome } from './outcome.js'
import type { PackageCopy } from './package-copy.js'
import { type Ended, runProgram, type Surroundings } from './program.js'

const INSTALL_MS = 5 * 60_000
const BUILD_MS = 10 * 60_000

/**
 * Install scripts are not run. The one that there is compiles `modern-syslog`, which only Haraka's plugin `syslog` needs,
 * and the package's own builds what is built in a step of its own.
 */
const QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

export interface TestRun {
  readonly ended: Ended
  /** Undefined: no test has run. */
  readonly outcome: Outcome | undefined
}

export class Steps {
  readonly #copy: PackageCopy
  readonly #where: Omit<Surroundings, 'limitMs'>
  readonly #limitMs: () => number

  /** `log` is begun anew. `limitMs` is asked before each step: how long it may take, if it has no shorter limit itself. */
  constructor(copy: PackageCopy, node: NodeVersion, log: string, limitMs: () => number) {
    fs.mkdirSync(path.dirname(log), { recursive: true })
    fs.writeFileSync(log, '')
    this.#copy = copy
    this.#where = {
      cwd: copy.folder,
      env: { ...environmentOf(node), TMPDIR: copy.temporary },
      log,
    }
    this.#limitMs = limitMs
  }

  /** What package-lock.json says. */
  installLocked(): Promise<Ended> {
    return this.#npm(INSTALL_MS, 'ci', '--prefer-offline', ...QUIETLY)
  }

  /** Over what is there: as `npm install NAME@VERSION` would for a user, package.json and lock file left alone. */
  install(...packages: readonly string[]): Promise<Ended> {
    return this.#npm(INSTALL_MS, 'install', '--no-save', ...QUIETLY, ...packages)
  }

  /** A script of package.json. */
  script(name: string): Promise<Ended> {
    return this.#npm(BUILD_MS, 'run', '--silent', name)
  }

  /** The tests in the files that match `patterns`; without any, all. */
  async test(patterns: readonly string[]): Promise<TestRun> {
    const outcome = path.join(this.#copy.temporary, 'outcome.json')
    fs.rmSync(outcome, { force: true })
    const settings = path.join(this.#copy.folder, '.mocharc.json')
    const usual = JSON.parse(fs.readFileSync(settings, 'utf8')) as Record<string, unknown>
    const spec = patterns.length > 0 ? { spec: patterns } : {}
    fs.writeFileSync(settings, JSON.stringify({ ...usual, ...spec, 'reporter-option': [`outcome=${outcome}`] }))
    const mocha = path.join('node_modules', 'mocha', 'bin', 'mocha.js')
    const ended = await runProgram('node', [mocha], { ...this.#where, limitMs: this.#limitMs() })
    return { ended, outcome: readOutcome(outcome) }
  }

  #npm(limitMs: number, ...args: readonly string[]): Promise<Ended> {
    return runProgram('npm', args, { ...this.#where, limitMs: Math.min(limitMs, this.#limitMs()) })
  }
}
