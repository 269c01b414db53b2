/**
 * Exim as a relay server on 127.0.0.1, in a folder of its own. What it accepts it delivers by LMTP to one server of ours.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { onExit } from '../../bench/on-exit.js'
import { isFree } from '../../demo/ports.js'
import type { Exim } from '../support/exim.js'

export interface EximRelay {
  /** Messages in its queue. */
  queued(): number
  log(): string
  remove(): Promise<void>
}

export interface EximRelayOptions {
  readonly port: number
  /** Where it delivers. */
  readonly lmtpPort: number
  /** Further lines of the main part of its configuration. */
  readonly main?: readonly string[]
  /** The conditions and verbs of acl_smtp_rcpt, before all else is accepted. */
  readonly rcpt?: readonly string[]
}

export async function startEximRelay(exim: Exim, options: EximRelayOptions): Promise<EximRelay> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-exim-relay-'))
  fs.chmodSync(folder, 0o755)
  const configuration = path.join(folder, 'exim.conf')
  fs.writeFileSync(configuration, configurationText(folder, exim.binary, options), { mode: 0o644 })
  for (const name of ['spool', 'log']) {
    fs.mkdirSync(path.join(folder, name))
    fs.chmodSync(path.join(folder, name), 0o777)
  }
  const child = spawn(exim.binary, ['-C', configuration, '-bdf', '-q1s'], {
    env: { PATH: process.env['PATH'] ?? '', ...exim.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  child.unref()
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  const removed = onExit(kill)
  const log = (): string => {
    const files = fs.readdirSync(path.join(folder, 'log')).map((name) => path.join(folder, 'log', name))
    return files.map((file) => fs.readFileSync(file, 'latin1')).join('\n')
  }
  while (await isFree(options.port)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Exim has ended: ${said}\n${log()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    queued() {
      const input = path.join(folder, 'spool', 'input')
      if (!fs.existsSync(input)) return 0
      return fs.readdirSync(input, { recursive: true }).filter((name) => String(name).endsWith('-D')).length
    },
    log,
    async remove() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      kill()
      await ended
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      removed()
    },
  }
}

function configurationText(folder: string, binary: string, options: EximRelayOptions): string {
  const { port, lmtpPort, main = [], rcpt = [] } = options
  return `
exim_user = nobody
exim_group = nogroup
deliver_drop_privilege = true
exim_path = ${binary}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
primary_hostname = exim.example.com
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
pid_file_path = ${folder}/spool/pid
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
keep_environment = *
smtp_accept_max = 100
smtp_accept_max_nonmail = 1000
acl_smtp_rcpt = check_rcpt
${main.join('\n')}
begin acl
check_rcpt:
${rcpt.map((line) => `  ${line}`).join('\n')}
  accept
begin routers
mailbox:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = lmtp
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = ${lmtpPort}
  allow_localhost
begin retry
* * F,1h,1s
`
}
