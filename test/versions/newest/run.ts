/**
 * npm run test:newest [-- --tests PATTERN]… [--minutes N]
 *
 * For every night: the newest Node, the newest Haraka and the newest of all that package.json names, whatever its ranges
 * and package-lock.json say, in a copy of the package: does it install, build, pass the linter and the tests? Where it
 * does not, each newer thing is tried alone over what is locked, with the steps that broke and the test files that failed.
 * Prints a report in Markdown; what was printed meanwhile is in build/newest. Exit code 1 when anything broke.
 *
 * It is over in 90 minutes, or --minutes: what was not tried by then is named.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { PACKAGE } from '../../support/haraka-instance.js'
import { nodeVersion, thisNode } from '../node-version.js'
import { copyWorkTree } from '../package-copy.js'
import { Steps } from '../steps.js'
import { brokenIn } from './blame.js'
import { outdatedIn, requireNewest } from './outdated.js'
import { newestReport } from './report.js'
import { type Step, STEPS, type TrialPlan, tryOut } from './trial.js'

const LOGS = path.join(PACKAGE, 'build', 'newest')

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tests: { type: 'string', multiple: true, default: [] },
      minutes: { type: 'string', default: '90' },
    },
  })
  const deadlineMs = Date.now() + Number(values.minutes) * 60_000
  const log = (name: string): string => path.join(LOGS, `${name.replace(/^\W+/, '').replaceAll(/\W+/g, '-')}.log`)
  fs.rmSync(LOGS, { recursive: true, force: true })

  const locked = copyWorkTree({ asBuilt: false })
  const steps = new Steps(locked, thisNode(), log('locked'), () => deadlineMs - Date.now())
  for (const ended of [await steps.installLocked(), await steps.script('build')]) {
    if (!ended.ok) throw new Error(`What is locked cannot be installed and built: ${ended.how}\n${ended.output}`)
  }

  const outdated = outdatedIn(locked.folder)
  const newestNode = nodeVersion('latest')
  const plan = (what: string, more: Partial<TrialPlan>): TrialPlan => {
    console.error(`${what} …`)
    const usual = { node: thisNode(), prepare: () => undefined, steps: STEPS, tests: values.tests }
    return { what, log: log(what), deadlineMs, ...usual, ...more }
  }

  const all = await tryOut(
    locked,
    plan(`Node ${newestNode.version} and the newest of each package`, {
      node: newestNode,
      prepare: (folder) => {
        forget(folder)
        requireNewest(folder, outdated)
      },
    }),
  )
  const broken = brokenIn(all)
  if (broken.length === 0) {
    console.log(newestReport({ outdated, all, apart: undefined }))
    return
  }

  const apart: Pick<TrialPlan, 'steps' | 'tests'> = {
    steps: ['install', ...broken.filter((step): step is Exclude<Step, 'install'> => step !== 'install')],
    tests: all.failedFiles.length > 0 ? all.failedFiles : values.tests,
  }
  const control = await tryOut(locked, plan('what is locked', apart))
  const singles = [
    await tryOut(locked, plan(`Node ${newestNode.version}`, { ...apart, node: newestNode })),
    await tryOut(locked, plan('all within their ranges, without the lock file', { ...apart, prepare: forget })),
  ]
  for (const one of outdated) {
    const prepare = (folder: string): void => requireNewest(folder, [one])
    singles.push(await tryOut(locked, plan(`${one.name}@${one.newest}`, { ...apart, prepare })))
  }
  console.log(newestReport({ outdated, all, apart: { locked: control, singles } }))
  process.exitCode = 1
}

/** What was installed, and what is locked. */
function forget(folder: string): void {
  for (const name of ['node_modules', 'package-lock.json']) {
    fs.rmSync(path.join(folder, name), { recursive: true, force: true })
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(2)
})
