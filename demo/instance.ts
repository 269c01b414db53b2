/**
 * The folder that Haraka runs in. What is not there is made, as by `haraka -i`; what is there is left as it is, so that
 * edits stay. Only the two ports are brought in line with what was asked for.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { harakaFolder } from './haraka-process.js'
import { DEFAULT_RELAY_PORT } from './options.js'
import { ADDRESS } from './ports.js'

export interface Instance {
  readonly folder: string
  /** The port that the test relay is to have; undefined: relayout.ini names relay servers of the user's own. */
  readonly relayPort: number | undefined
  /** What relayout.ini has as relay servers, for display. */
  readonly hosts: readonly string[]
}

export interface InstanceOptions {
  readonly root: string
  readonly folder: string
  readonly port: number
  /** Undefined: the last one, at first 2526. */
  readonly relayPort: number | undefined
  /** Files of config that are to be other than below, by name. */
  readonly config?: Readonly<Record<string, string | Buffer>>
}

/** Where the port of this instance's test relay is remembered, so that its line in relayout.ini can be told. */
const RELAY_PORT_FILE = 'test-relay-port'

const CONFIG = {
  plugins: `# Lets this computer send (config/relay_acl_allow).
relay
# The script, config/relayout.lua, decides about what goes out.
relayout
`,
  'log.ini': `[main]
; The plugin's events are of the levels info, notice, warn and error.
level=info
timestamps=true
`,
  'outbound.ini': `; When a message that was refused for now is tried again: soon, because this is for trying things.
temp_fail_intervals=15s,30s,1m*5,5m*12,30m*40
`,
  'relay.ini': `[relay]
acl=true
force_routing=false
`,
  relay_acl_allow: `${ADDRESS}/32\n`,
}

function smtpIni(port: number): string {
  return `listen=${ADDRESS}:${port}

; One process: its one queue sees all messages, so that their order is the script's. With nodes=N there are N queues,
; each with an order and connections of its own.
nodes=0
`
}

function relayoutIni(relayPort: number): string {
  return `; Settings of the plugin; all of them: docs/SETTINGS.md. An edit is taken up by itself within seconds.

[sender.main]
; The test relay, which npm start runs as long as this line names it. To send for real, put your provider's server here:
;   host = smtp.example.com:587
;   tls = required
;   auth_user = our-account
;   auth_pass = a-password
host = ${ADDRESS}:${relayPort}
`
}

export function makeInstance(options: InstanceOptions): Instance {
  const { folder, root } = options
  const config = (name: string): string => path.join(folder, 'config', name)
  const put = (name: string, content: string | Buffer): void => fs.writeFileSync(config(name), content)

  const kept = new Set(listing(path.join(folder, 'config')))
  if (!kept.has('smtp.ini')) execFileSync(process.execPath, [harakaBinary(root), '-i', folder], { stdio: 'ignore' })

  const lastRelayPort = readPort(path.join(folder, RELAY_PORT_FILE)) ?? DEFAULT_RELAY_PORT
  const relayPort = options.relayPort ?? lastRelayPort
  const wanted: Record<string, string | Buffer> = {
    ...CONFIG,
    'smtp.ini': smtpIni(options.port),
    'relayout.ini': relayoutIni(relayPort),
    ...shippedScript(root),
    ...bounceMessage(root),
    ...options.config,
  }
  for (const [name, content] of Object.entries(wanted)) {
    if (!kept.has(name)) put(name, content)
  }
  put('smtp.ini', withListen(fs.readFileSync(config('smtp.ini'), 'utf8'), options.port))
  linkPackage(folder, root)

  const { ini, hosts, usesTestRelay } = withRelayPort(
    fs.readFileSync(config('relayout.ini'), 'utf8'),
    lastRelayPort,
    relayPort,
  )
  if (!usesTestRelay) return { folder, relayPort: undefined, hosts }
  put('relayout.ini', ini)
  fs.writeFileSync(path.join(folder, RELAY_PORT_FILE), `${relayPort}\n`)
  return { folder, relayPort, hosts }
}

/** The settings with `listen` at the port; everything else as it was. */
export function withListen(ini: string, port: number): string {
  const line = `listen=${ADDRESS}:${port}`
  return /^\s*listen\s*=.*$/m.test(ini) ? ini.replace(/^\s*listen\s*=.*$/m, line) : `${line}\n${ini}`
}

/** relayout.ini with the test relay at its new port, and whether any sender uses the test relay. */
export function withRelayPort(
  ini: string,
  lastPort: number,
  port: number,
): { ini: string; hosts: string[]; usesTestRelay: boolean } {
  const ours = new Set([DEFAULT_RELAY_PORT, lastPort, port].map((known) => `${ADDRESS}:${known}`))
  const hosts: string[] = []
  let usesTestRelay = false
  const changed = ini.replace(
    /^([ \t]*host[ \t]*=[ \t]*)(.*?)([ \t]*)$/gm,
    (line, key: string, value: string, end: string) => {
      if (!ours.has(value)) {
        hosts.push(value)
        return line
      }
      usesTestRelay = true
      hosts.push(`${ADDRESS}:${port}`)
      return `${key}${ADDRESS}:${port}${end}`
    },
  )
  return { ini: changed, hosts, usesTestRelay }
}

function listing(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : []
}

function readPort(file: string): number | undefined {
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) || undefined : undefined
}

function shippedScript(root: string): Record<string, Buffer> {
  const file = path.join(root, 'config', 'relayout.lua')
  return fs.existsSync(file) ? { 'relayout.lua': fs.readFileSync(file) } : {}
}

/** Without it Haraka's bounces have neither sender nor subject nor text, and `haraka -i` does not copy it. */
function bounceMessage(root: string): Record<string, Buffer> {
  const name = 'outbound.bounce_message'
  return { [name]: fs.readFileSync(path.join(harakaFolder(root), 'config', name)) }
}

/** Haraka looks for plugins in the node_modules of its own folder: there the package links to itself. */
function linkPackage(folder: string, root: string): void {
  const link = path.join(folder, 'node_modules', 'haraka-plugin-relayout')
  fs.mkdirSync(path.dirname(link), { recursive: true })
  fs.rmSync(link, { recursive: true, force: true })
  fs.symlinkSync(root, link, 'junction')
}

function harakaBinary(root: string): string {
  return path.join(harakaFolder(root), 'bin', 'haraka')
}
