/**
 * Why a step failed, in one line, out of what a program printed.
 */
import type { Ended } from '../program.js'
import type { TestRun } from '../steps.js'

export function why({ how, output }: Ended): string {
  const lines = output.split('\n').map((line) => line.trim())
  const line = peerConflict(lines) ?? lines.find((one) => /\berror\b/i.test(one)) ?? lines.findLast((one) => one !== '')
  return line === undefined ? how : `${how}: ${line}`
}

export function whyTests({ ended, outcome }: TestRun): string {
  const [first] = outcome?.failures ?? []
  if (!outcome || !first) return why(ended)
  const counts = `${outcome.failed} failed, ${outcome.passed} passed${outcome.complete ? '' : ` (${ended.how})`}`
  return `${counts}: ${first.title}: ${first.message}`
}

/** What npm could not make agree: `peer typescript@"<6.1.0" from typescript-eslint@8.74.0`. */
function peerConflict(lines: readonly string[]): string | undefined {
  const from = lines.findIndex((line) => line.includes('Could not resolve dependency'))
  return from < 0 ? undefined : lines[from + 1]?.replace(/^npm error\s+/, '')
}
