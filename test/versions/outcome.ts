/**
 * What a run of the tests came to, in a file that another process reads: mocha's reporter writes it with
 * `--reporter-option outcome=FILE`. It is written anew at each failure, so that a run that never ends has told, too.
 */
import fs from 'node:fs'
import path from 'node:path'

import type Mocha from 'mocha'

/** How long the process may live on when the tests are over, ms. */
const ENDING_MS = 10_000

export interface Failure {
  readonly title: string
  /** Relative to the folder of the run. */
  readonly file: string
  readonly message: string
}

export interface Outcome {
  /** The version of Node that the tests ran on. */
  readonly node: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** False: mocha did not come to its end. */
  readonly complete: boolean
  readonly failures: readonly Failure[]
}

export function keepOutcome(runner: Mocha.Runner, stats: Mocha.Stats, file: string): void {
  const failures: Failure[] = []
  const write = (complete: boolean): void => {
    const { passes, failures: failed, pending } = stats
    const { node } = process.versions
    const outcome: Outcome = { node, passed: passes, failed, skipped: pending, complete, failures }
    fs.writeFileSync(file, JSON.stringify(outcome))
  }
  runner.on('fail', (test: Mocha.Runnable, error: unknown) => {
    failures.push({
      title: test.fullTitle(),
      file: path.relative(process.cwd(), test.file ?? ''),
      message: error instanceof Error ? error.message : String(error),
    })
    write(false)
  })
  runner.once('end', () => {
    write(true)
    setTimeout(stillAlive, ENDING_MS).unref()
  })
}

function stillAlive(): void {
  console.error('Error: the tests are over, but something keeps their process alive.')
  process.kill(process.pid, 'SIGKILL') // mocha has an exit code of its own for process.exit
}

/** Undefined where there is none: not even the first test was reached, or none has failed before mocha was ended. */
export function readOutcome(file: string): Outcome | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Outcome) : undefined
}
