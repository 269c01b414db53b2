/**
 * From what Haraka's INI reader makes of relayout.ini to checked settings (contract 1).
 *
 * Never throws, whatever the input. What is wrong is told in two lists: `problems`, where the default was used, and
 * `fatal`, where mail would go the wrong way. With something fatal the settings are not to be used.
 */
import { sentence } from '../errors.js'
import { readBatv } from './batv-settings.js'
import { MAIN_KEYS, SENDER_KEYS } from './key-table.js'
import { nearMiss } from '../near-miss.js'
import { ownEntries, readSection, Report } from './read-section.js'
import { readSender } from './sender-settings.js'
import type { SenderSettings, SettingsEnv, SettingsResult } from './settings.js'

const SENDER_PREFIX = 'sender.'

/** The name of a sender that no section defines. */
export const DEFAULT_SENDER = 'default'

const senderSpecs = Object.values(SENDER_KEYS)

/** A section that is none of ours. One that was meant to be a sender would send its mail elsewhere, [batv] untagged. */
function reportUnknownSection(section: string, report: Report): void {
  const word = section.split(/[^a-z]/i)[0] ?? ''
  const meant = nearMiss(word, ['sender', 'batv'])
  if (meant !== undefined) {
    const name = meant === 'batv' ? meant : 'sender.NAME'
    const text = sentence('RELAYOUT_E_UNUSABLE_SECTION', { section, hint: ` (did you mean [${name}]?)` })
    report.add(true, 'RELAYOUT_E_UNUSABLE_SECTION', text, section, '')
    return
  }
  const near = nearMiss(section, ['main'])
  const hint = near === undefined ? '' : ` (did you mean [${near}]?)`
  const text = sentence('RELAYOUT_E_UNKNOWN_SECTION', { section, hint })
  report.add(false, 'RELAYOUT_E_UNKNOWN_SECTION', text, section, '')
}

/** What is wrong with a sender's name; undefined for nothing. */
function nameFault(name: string, taken: ReadonlyMap<string, string>): string | undefined {
  if (name === '') return 'the sender has no name'
  // eslint-disable-next-line no-control-regex -- a name goes into every log line
  if (/[\0-\x1f\x7f]/.test(name)) return "the sender's name has a control character"
  if (name.length > 64) return "the sender's name has more than 64 characters"
  const other = taken.get(name.toLowerCase())
  return other === undefined ? undefined : `there is already a sender of this name, [${other}]`
}

function readSenders(sections: readonly [string, unknown][], env: SettingsEnv, report: Report): SenderSettings[] {
  const senders: SenderSettings[] = []
  const taken = new Map<string, string>()
  for (const [section, raw] of sections) {
    const name = section.slice(SENDER_PREFIX.length).trim()
    const why = nameFault(name, taken)
    if (why !== undefined) {
      report.add(true, 'RELAYOUT_E_SENDER_NAME', sentence('RELAYOUT_E_SENDER_NAME', { section, why }), section, '')
    }
    taken.set(name.toLowerCase(), section)
    senders.push(readSender(senders.length, name, section, raw, env, report))
  }
  if (senders.length === 0)
    senders.push(readSender(0, DEFAULT_SENDER, `${SENDER_PREFIX}${DEFAULT_SENDER}`, {}, env, report))
  return senders
}

/** The settings in `raw`, the object that Haraka's INI reader returns. */
export function parseSettings(raw: unknown, env: SettingsEnv): SettingsResult {
  const report = new Report()
  const sections = ownEntries(raw)
  const senderSections: [string, unknown][] = []
  for (const [section, content] of sections) {
    if (section === 'main' || section === 'batv') continue
    if (section === 'sender' || section.startsWith(SENDER_PREFIX)) senderSections.push([section, content])
    else reportUnknownSection(section, report)
  }

  const byName = new Map(sections)
  const main = readSection(MAIN_KEYS, byName.get('main'), 'main', report, senderSpecs)
  const batv = readBatv(byName.get('batv'), env, report, senderSpecs)
  const senders = readSenders(senderSections, env, report)
  const { problems, remarks, fatal } = report
  return { settings: { main, batv, senders }, problems, remarks, fatal }
}
