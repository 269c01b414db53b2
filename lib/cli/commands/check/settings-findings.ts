/** What is wrong with relayout.ini, and where in the file that stands. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import type { Problem } from '../../../core/settings/settings.js'
import { SETTINGS_FILE } from '../../../policy/read-settings.js'
import type { Installation } from '../../installation.js'
import type { CheckFinding } from './finding.js'

/** Haraka knows a plugin by either name. */
const PLUGIN = /^\s*(?:haraka-plugin-)?relayout\s*(?:[#;].*)?$/m

export function settingsFindings({ configFolder, settings }: Installation): CheckFinding[] {
  if (configFolder === undefined) return []
  const file = path.relative('', path.join(configFolder, SETTINGS_FILE))
  const text = readIfThere(path.join(configFolder, SETTINGS_FILE))
  const found =
    (severity: CheckFinding['severity']) =>
    (problem: Problem): CheckFinding => {
      const { code, sentence } = problem
      return { severity, file, ...placeOf(problem, text ?? ''), rule: code, sentence }
    }
  const { fatal, problems, remarks } = settings
  const mistakes = [...fatal.map(found('error')), ...[...problems, ...remarks].map(found('warning'))]
  return [...mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)), ...notEnabled(configFolder)]
}

/** Without it nothing of all this happens. */
function notEnabled(configFolder: string): CheckFinding[] {
  const plugins = readIfThere(path.join(configFolder, 'plugins'))
  if (plugins === undefined || PLUGIN.test(plugins)) return []
  const file = path.relative('', path.join(configFolder, 'plugins'))
  const sentence = 'relayout is not enabled: add a line relayout to this file'
  return [{ severity: 'warning', file, rule: 'not-enabled', sentence }]
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** The line of the key, else that of its section. */
function placeOf({ section, key, nth = 1 }: Problem, text: string): { line: number; column: number } | undefined {
  let current = 'main'
  let seen = 0
  let ofSection: { line: number; column: number } | undefined
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const place = { line: i + 1, column: line.search(/\S/) + 1 }
    const heading = /^\s*\[\s*(.*?)\s*\]\s*$/.exec(line)
    if (heading) {
      current = heading[1] ?? ''
      if (current === section) ofSection ??= place
    } else if (current === section && key !== '' && isKey(line, key) && ++seen === nth) return place
  }
  return ofSection
}

function isKey(line: string, key: string): boolean {
  return /^\s*([^\s=[\]]+)/.exec(line)?.[1] === key.replace(/\[\]$/, '')
}
