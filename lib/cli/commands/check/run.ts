/** `relayout check`: mistakes in the settings and the scripts of an installation, or in one script. */
import path from 'node:path'

import { relayoutError, sentence } from '../../../core/errors.js'
import type { SenderSettings } from '../../../core/settings/settings.js'
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { type Installation, openInstallation, scriptAt, scriptsOf } from '../../installation.js'
import { type Heard, Rehearsal } from '../../rehearsal/rehearsal.js'
import type { CheckFinding } from './finding.js'
import { checkScript, type CheckedScript } from './script-findings.js'
import { settingsFindings } from './settings-findings.js'
import { type CheckReport, show } from './show.js'

interface CheckOptions {
  readonly config?: string
  readonly json?: true
}

export async function run(context: Context, [script]: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const installation = openInstallation(options.config)
  const given = script === undefined ? undefined : { file: script, source: scriptAt(script) }
  if (installation.configFolder === undefined && !given) throw relayoutError('RELAYOUT_E_NO_CONFIG', {})
  const { settings, fatal } = installation.settings
  const heard: Heard[] = []
  const rehearsal = new Rehearsal({
    settings,
    script: scriptsOf(installation, given?.source),
    retryIntervals: [],
    hear: (one) => heard.push(one),
  })
  try {
    const scripts: CheckedScript[] = []
    const findings: CheckFinding[] = settingsFindings(installation)
    // A name that stands for no file would be checked as an empty script.
    for (const [name, senders] of given ? [[given.file, settings.senders] as const] : byScript(settings.senders)) {
      const source = given?.source ?? installation.script(name)
      const file = given?.file ?? inConfig(installation, name)
      if (source) scripts.push(await checkScript(file, source, senders, rehearsal, heard))
      else findings.push(missing(file, name))
    }
    const report: CheckReport = {
      version: 1,
      command: 'check',
      configFolder: installation.configFolder ?? null,
      senders: fatal.length > 0 ? [] : settings.senders.map(({ name }) => name),
      scripts: scripts.map(({ file, version, senders, callbacks }) => ({ file, version, senders, callbacks })),
      findings: [...findings, ...scripts.flatMap((checked) => checked.findings)],
      prints: heard.filter(({ kind }) => kind === 'print').map(({ sender, text }) => ({ sender, text })),
    }
    if (options.json) context.terminal.json(report)
    else show(context.terminal, report)
    return report.findings.length > 0 ? 1 : 0
  } finally {
    await rehearsal.close()
  }
}

function byScript(senders: readonly SenderSettings[]): [string, SenderSettings[]][] {
  const named = new Map<string, SenderSettings[]>()
  for (const sender of senders) named.set(sender.script, [...(named.get(sender.script) ?? []), sender])
  return [...named]
}

function inConfig({ configFolder }: Installation, name: string): string {
  return path.relative('', path.join(configFolder ?? '', name))
}

function missing(file: string, name: string): CheckFinding {
  const text = sentence('RELAYOUT_E_SCRIPT_MISSING', { file: name })
  return { severity: 'warning', file, rule: 'RELAYOUT_E_SCRIPT_MISSING', sentence: text }
}
