/**
 * A trial: one set of versions, taken through the steps that a change goes through. A step that fails does not end it,
 * since the next may say more: npm is told to overlook peer ranges, and what cannot be built is tested as it was built
 * with what is locked.
 */
import fs from 'node:fs'
import path from 'node:path'

import type { NodeVersion } from '../node-version.js'
import { copyAgain, type PackageCopy } from '../package-copy.js'
import { Steps } from '../steps.js'
import { why, whyTests } from './why.js'

export const STEPS = ['install', 'build', 'typecheck', 'lint', 'format', 'tests'] as const
export type Step = (typeof STEPS)[number]

export interface Verdict {
  readonly ok: boolean
  readonly seconds: number
  /** Of one that is not well, in one line. */
  readonly why: string
}

export interface Trial {
  /** What is newer than locked. */
  readonly what: string
  /** A step that is not there was not tried. */
  readonly verdicts: Readonly<Partial<Record<Step, Verdict>>>
  /** The files of the tests that failed. */
  readonly failedFiles: readonly string[]
}

export interface TrialPlan {
  readonly what: string
  readonly node: NodeVersion
  /** Called with the folder, where what is locked is installed, before what package.json then says is. */
  readonly prepare: (folder: string) => void
  readonly steps: readonly Step[]
  /** Patterns; none: all. */
  readonly tests: readonly string[]
  readonly log: string
  /** When it has to be over, by Date.now(). */
  readonly deadlineMs: number
}

/** `locked`: a copy where what is locked is installed and built. */
export async function tryOut(locked: PackageCopy, plan: TrialPlan): Promise<Trial> {
  const copy = copyAgain(locked)
  const verdicts: Partial<Record<Step, Verdict>> = {}
  let failedFiles: readonly string[] = []
  try {
    plan.prepare(copy.folder)
    // Else the compiler takes what is there for its own work.
    fs.rmSync(path.join(copy.folder, 'dist', '.tsbuildinfo'), { force: true })
    const steps = new Steps(copy, plan.node, plan.log, () => plan.deadlineMs - Date.now())
    for (const step of STEPS) {
      if (!plan.steps.includes(step) || Date.now() > plan.deadlineMs) continue
      if (step === 'tests') {
        const run = await steps.test(plan.tests)
        failedFiles = run.outcome?.failures.map(({ file }) => file) ?? []
        verdicts.tests = verdict(run.ended, whyTests(run))
      } else if (step === 'install') {
        verdicts.install = await install(steps)
      } else {
        const ended = await steps.script(step)
        verdicts[step] = verdict(ended, why(ended))
      }
    }
  } finally {
    copy.remove()
  }
  return { what: plan.what, verdicts, failedFiles: [...new Set(failedFiles)] }
}

async function install(steps: Steps): Promise<Verdict> {
  const ended = await steps.install()
  if (ended.ok) return verdict(ended, '')
  const forced = await steps.install('--legacy-peer-deps')
  return verdict(ended, forced.ok ? why(ended) : why(forced))
}

function verdict({ ok, seconds }: { ok: boolean; seconds: number }, reason: string): Verdict {
  return { ok, seconds, why: ok ? '' : reason }
}
