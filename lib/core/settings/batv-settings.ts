/**
 * The settings of tagged return paths (contract 7): the values of `[batv]`, and what follows from several of them
 * together. What would send mail untagged that is to be tagged, or refuse every bounce, is fatal.
 */
import { sentence } from '../errors.js'
import { BATV_KEYS } from './key-table.js'
import type { KeySpec } from './key-spec.js'
import { readSection, type Report, type SectionValues } from './read-section.js'
import { parseSecretFile } from './secret-file.js'
import { Secret } from './secret.js'
import type { BatvSettings, SettingsEnv } from './settings.js'

type BatvValues = SectionValues<typeof BATV_KEYS>

const SECTION = 'batv'

/** Characters. */
const SHORTEST_SECRET = 16

/** The secret from whichever key has it, undefined for none; or why that of the file is of no use. */
function readSecret(
  { secret, secretFile }: BatvValues,
  env: SettingsEnv,
): Secret | undefined | { readonly why: string } {
  if (secretFile === undefined) return secret
  if (secret) return { why: 'secret is given too; use one way' }
  const file = env.readSecretFile(secretFile)
  const read = 'error' in file ? file : parseSecretFile(file.content)
  return 'error' in read ? { why: `${secretFile} cannot be used: ${read.error}` } : new Secret(read.secret)
}

/** As `readSecret`; a fault is reported. */
function secretOf(values: BatvValues, env: SettingsEnv, report: Report): Secret | undefined {
  const secret = readSecret(values, env)
  if (!secret || secret instanceof Secret) return secret
  const text = sentence('RELAYOUT_E_UNREADABLE_SECRET', { section: SECTION, key: 'secret_file', why: secret.why })
  report.add(true, 'RELAYOUT_E_UNREADABLE_SECRET', text, SECTION, 'secret_file')
  return undefined
}

/** In ASCII form, as recipients' domains are compared. */
function readDomains({ domains }: BatvValues, env: SettingsEnv, report: Report): readonly string[] {
  // What is ASCII stays as it is: as the host of a URL 1.2.3 would become an address.
  const inAscii = domains.map((domain) => (/^[\0-\x7f]*$/.test(domain) ? domain : env.domainToASCII(domain)))
  const bad = inAscii.indexOf('')
  if (bad < 0) return inAscii
  const { accepted } = BATV_KEYS.domains
  const why = `, but element ${bad + 1} is no domain`
  const params = { section: SECTION, key: 'domains', value: domains.join(', '), accepted, why }
  report.add(true, 'RELAYOUT_E_UNUSABLE_VALUE', sentence('RELAYOUT_E_UNUSABLE_VALUE', params), SECTION, 'domains')
  return []
}

/** Reports what is asked for and cannot be done. */
function reportLacks(values: BatvValues, settings: BatvSettings, report: Report): void {
  const noSecret = (key: string, harm: string): void => {
    const text = sentence('RELAYOUT_E_NO_SECRET', { key, harm })
    report.add(true, 'RELAYOUT_E_NO_SECRET', text, SECTION, key)
  }
  // A secret that is given but of no use was reported already.
  const hasFaultySecret = report.fatal.some(({ section, key }) => section === SECTION && /^secret|^accept/.test(key))
  if (!hasFaultySecret) {
    if (values.enabled && !settings.signing) noSecret('enabled', 'return paths would stay untagged')
    if (values.require && settings.keys.length === 0) noSecret('require', 'every bounce would be refused')
  }
  const hasFaultyDomains = report.fatal.some(({ section, key }) => section === SECTION && key === 'domains')
  if (values.require && settings.domains.length === 0 && !hasFaultyDomains) {
    report.add(true, 'RELAYOUT_E_NO_DOMAINS', sentence('RELAYOUT_E_NO_DOMAINS', {}), SECTION, 'require')
  }
}

/** What is no mistake, but hardly meant. */
function remark(values: BatvValues, { signing }: BatvSettings, report: Report): void {
  const add = (code: 'RELAYOUT_E_REQUIRE_ALONE' | 'RELAYOUT_E_SHORT_SECRET', key: string): void => {
    report.remarks.push({ code, sentence: sentence(code, { key }), section: SECTION, key })
  }
  if (values.require && !values.enabled) add('RELAYOUT_E_REQUIRE_ALONE', 'require')
  const isShort = signing && signing.secret.reveal().length < SHORTEST_SECRET
  if (isShort) add('RELAYOUT_E_SHORT_SECRET', values.secretFile === undefined ? 'secret' : 'secret_file')
}

/** The settings of the section `[batv]`. */
export function readBatv(
  raw: unknown,
  env: SettingsEnv,
  report: Report,
  elsewhere: readonly KeySpec<unknown>[],
): BatvSettings {
  const values = readSection(BATV_KEYS, raw, SECTION, report, elsewhere)
  const { enabled, key, lifetimeDays, require, accept, fallback } = values
  const secret = secretOf(values, env, report)
  const signing = secret && { key, secret }
  const keys = signing ? [signing, ...accept] : accept
  const domains = readDomains(values, env, report)
  const settings = { enabled, signing, keys, lifetimeDays, require, domains, fallback }
  reportLacks(values, settings, report)
  remark(values, settings, report)
  return settings
}
