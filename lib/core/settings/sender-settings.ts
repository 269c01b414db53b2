/**
 * One sender's settings: the values of its section, and what follows from several of them together: the default port,
 * certificate checks by the kind of TLS, the two halves of the credentials, the compiled filter.
 */
import { compileFilter, type SenderFilter } from '../filter.js'
import { sentence } from '../errors.js'
import { parseAuthFile } from './auth-file.js'
import { SENDER_KEYS } from './key-table.js'
import { readSection, type Report, type SectionValues } from './read-section.js'
import { Secret } from './secret.js'
import type { Credentials, SenderSettings, SettingsEnv } from './settings.js'

type SenderValues = SectionValues<typeof SENDER_KEYS>

const SMTP_PORT = 25
const SUBMISSIONS_PORT = 465

const FOR_NOTHING: SenderFilter = { matches: () => false }

interface Pair {
  readonly user: Secret
  readonly pass: Secret
}

/** User and password, undefined for none of them, or the key that is at fault and why. */
function readPair(values: SenderValues, env: SettingsEnv): Pair | undefined | { readonly key: string; why: string } {
  const { authUser: user, authPass: pass, authFile } = values
  if (authFile !== undefined) {
    if (user ?? pass) return { key: 'auth_file', why: 'auth_user or auth_pass is given too; use one way' }
    const file = env.readSecretFile(authFile)
    const read = 'error' in file ? file : parseAuthFile(file.content)
    if ('error' in read) return { key: 'auth_file', why: `${authFile} cannot be used: ${read.error}` }
    return { user: new Secret(read.user), pass: new Secret(read.pass) }
  }
  if (user && pass) return { user, pass }
  if (user) return { key: 'auth_user', why: 'there is no auth_pass to go with it' }
  return pass && { key: 'auth_pass', why: 'there is no auth_user to go with it' }
}

/** As `readPair`; a fault is reported, unless one of the keys was already. */
function credentials(values: SenderValues, section: string, env: SettingsEnv, report: Report): Pair | undefined {
  const pair = readPair(values, env)
  if (!pair || !('why' in pair)) return pair
  const { key, why } = pair
  if (report.fatal.some((problem) => problem.section === section && problem.key.startsWith('auth_'))) return undefined
  const text = sentence('RELAYOUT_E_UNREADABLE_SECRET', { section, key, why })
  report.add(true, 'RELAYOUT_E_UNREADABLE_SECRET', text, section, key)
  return undefined
}

function compiled(name: string, rules: readonly string[], section: string, env: SettingsEnv, report: Report) {
  const result = compileFilter(rules, name, (label) => env.domainToUnicode(label))
  if (!('errors' in result)) return result
  for (const [i, text] of result.errors.entries()) {
    report.add(true, 'RELAYOUT_E_FILTER_RULE', text, section, 'filter', result.rules[i])
  }
  return FOR_NOTHING
}

/** The settings of one `[sender.NAME]` section. */
export function readSender(
  id: number,
  name: string,
  section: string,
  raw: unknown,
  env: SettingsEnv,
  report: Report,
): SenderSettings {
  const values = readSection(SENDER_KEYS, raw, section, report)
  const pair = credentials(values, section, env, report)
  const auth: Credentials | undefined = pair && { ...pair, type: values.authType }
  const defaultPort = values.tls === 'implicit' ? SUBMISSIONS_PORT : SMTP_PORT
  const { tls, authPlaintext, pipelining, bind, helo, idleTimeoutMs, replyTimeoutMs, order, script } = values
  const { maxConnections, maxMessagesPerConnection, maxRecipientsPerConnection, maxRecipientsPerMessage } = values
  return {
    id,
    name,
    servers: values.servers.map(({ host, port }) => ({ host, port: port ?? defaultPort })),
    tls,
    verifyCertificate: values.verifyCertificate ?? (tls === 'required' || tls === 'implicit'),
    auth,
    authPlaintext,
    pipelining,
    bind,
    helo,
    maxConnections,
    maxMessagesPerConnection,
    maxRecipientsPerConnection,
    maxRecipientsPerMessage,
    idleTimeoutMs,
    replyTimeoutMs,
    filterRules: values.filterRules,
    filter: compiled(name, values.filterRules, section, env, report),
    order,
    script,
  }
}
