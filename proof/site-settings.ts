/**
 * The settings of a mail server with senders of every kind, and their scripts. The messages for a sender go to its
 * domain, NAME.test; DSNs to a relay server of their own.
 */
import type { ScriptedRelayOptions } from '../test/support/scripted-relay.js'
import { DSNS } from './relays-setup.js'

const AUTH = { user: 'joe', pass: 'a secret word' }

interface SiteSender {
  readonly ini: string
  readonly relay?: ScriptedRelayOptions
  readonly script: string
  /** Delivered to what MX names: here, another plugin. */
  readonly byMx?: boolean
}

const SENDERS: Readonly<Record<string, SiteSender>> = {
  plain: { ini: '', script: 'plain.lua' },
  secure: {
    ini: 'tls=required\nverify_certificate=false\nauth_file=relayout.auth\n',
    relay: { starttls: true, auth: AUTH, authRequired: true },
    script: 'plain.lua',
  },
  single: {
    ini: 'pipelining=false\nauth_file=single.auth\nauth_plaintext=true\n',
    relay: { auth: AUTH, authRequired: true },
    script: 'single.lua',
  },
  parts: { ini: 'max_recipients_per_message=5\n', script: 'parts.lua' },
  tagged: { ini: '', script: 'tagged.lua' },
  mx: { ini: '', script: 'plain.lua', byMx: true },
}

export const DOMAINS = Object.keys(SENDERS).map((name) => `${name}.test`)

export const RELAYS: Readonly<Record<string, ScriptedRelayOptions>> = {
  ...Object.fromEntries(Object.entries(SENDERS).map(([name, { relay = {} }]) => [name, relay])),
  [DSNS]: {},
}

export const JOURNAL = 'relayout.journal'

export const SCRIPTS = [...new Set(Object.values(SENDERS).map(({ script }) => script))]

/** Per process, so twice that of two workers. */
export const MAX_CONNECTIONS = 5

/** Each `version` is another one for the plugin, with which everything goes the same way. */
export function settings(ports: Readonly<Record<string, number>>, version = 0): string {
  const limits = `max_connections=${MAX_CONNECTIONS}\nreply_timeout=2s\n`
  const sections = Object.entries(SENDERS).map(([name, { ini, script, byMx }]) => {
    const host = byMx ? '' : `host=127.0.0.1:${ports[name]}\n`
    return `[sender.${name}]\n${host}filter[]=${name}.test\nfilter[]=!From: <>\nscript=${script}\n${limits}idle_timeout=${1_000 + (version % 1_000)}ms\n${ini}`
  })
  return [
    `; version ${version}`,
    `[main]\njournal=${JOURNAL}\njournal_size=10m\njournal_files=2\nskip_retry=2s`,
    '[batv]\nenabled=false\nsecret_file=relayout.secret',
    ...sections,
    `[sender.dsn]\nhost=127.0.0.1:${ports[DSNS]}\nfilter[]=From: <>\nscript=none.lua\n`,
  ].join('\n')
}

/** A script of that name with every function. */
export function script(name: string, version = 0): string {
  return `-- version ${version}
${name === 'tagged.lua' ? 'UseBATV = true' : ''}
function Start() seen = 0 end
function ServerConnected() MaxMessagesPerConnection = 50 end
function CheckFile(filename, actions, size, created, from, recipients, headers)
  seen = seen + 1
  if size > 100000 then actions.Priority = 10 end
  if headers["X-Identity"]:find("^steady") then actions.Priority = 90 end
  if math.random() < 0.02 then
    actions.SkipSend = true
    actions.Reason = "not now, says the script"
    actions.RetryAfter = math.random(3)
  end
  return actions
end
function ReturnCodeHandler(command, full, last)
  if command:find("^RCPT") then
    if last:find("^450 4.2.2 mailbox full for good") then return "550 5.2.2 full for good" end
    if last:find("^250") and math.random() < 0.01 then return "450 4.2.1 says the script" end
  elseif command == "DATA" and math.random() < 0.01 then
    return "451 4.3.0 says the script"
  end
end
function ModifyReturnPath(computed, from)
  if not computed:find("^prvs=") then return (from:gsub("@", "+${version}@")) end
end
`
}

/** Files that the settings name. */
export const SECRETS = ['relayout.auth', 'single.auth', 'relayout.secret']

/** Of a file of that name. */
export function secret(name: string, version = 0): string {
  if (name.endsWith('.auth')) return `# version ${version}\nuser = ${AUTH.user}\npass = ${AUTH.pass}\n`
  return `thirty characters, more or less, and ${version}\n`
}

/** The plugin that answers for MX. */
export function mxPlugin(ports: Readonly<Record<string, number>>): string {
  return `exports.hook_get_mx = (next, hmail, domain) =>
  domain === 'mx.test' ? next(OK, { exchange: '127.0.0.1', port: ${ports['mx']}, priority: 0 }) : next()
`
}
