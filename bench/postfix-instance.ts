/**
 * Postfix for one measurement: an instance of its own, with its configuration, queue and data in a folder of its own,
 * beside whatever else runs here. It takes messages on a port of 127.0.0.1 without delivering them, and then delivers
 * what is queued to one relay server. Needs root, as Postfix does.
 *
 * What is not Postfix's default, and why:
 * - `default_destination_concurrency_limit` and `initial_destination_concurrency`, where a number of connections is
 *   compared: it holds from the first message on; left alone it would begin with 5 and feel its way up to 20.
 * - `in_flow_delay = 0`: while the queue is filled nothing is delivered, which would slow the filling down.
 * - No DNS, no TLS but where it is compared, no local delivery, no other instance's files: as there is nothing of the kind on the other side.
 * Connections are reused as by default, on demand: Postfix keeps one open for two seconds while there is a backlog for
 * its destination, and needs half a dozen for the whole queue. Neither a connection cache without that condition
 * (`smtp_connection_cache_destinations`) nor a log that nobody writes made it faster.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { freePort } from '../demo/ports.js'
import { onExit } from './on-exit.js'
import type { Credentials } from './sink-dialogue.js'

export interface PostfixOptions {
  readonly relayPort: number
  /** To the relay server at one time, from the first message on; undefined: Postfix's default, 5 and up to 20. */
  readonly connections?: number | undefined
  /** The relay server wants STARTTLS, whose certificate is not verified, and AUTH PLAIN. */
  readonly credentials?: Credentials | undefined
}

/** Undefined: it is not installed, or may not be started by this user. */
export function postfixVersion(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { status, stdout } = spawnSync('postconf', ['-d', '-h', 'mail_version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

export class PostfixInstance {
  readonly port: number
  readonly #folder: string
  readonly #config: string
  readonly #removed: () => void

  private constructor(port: number) {
    this.port = port
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-bench-postfix-'))
    this.#config = path.join(this.#folder, 'config')
    this.#removed = onExit(() => this.remove())
  }

  static async create(options: PostfixOptions): Promise<PostfixInstance> {
    const postfix = new PostfixInstance(await freePort())
    postfix.#write(options)
    return postfix
  }

  /** Messages are taken on `port` and stay in the queue. */
  startTaking(): void {
    this.#start('taking')
  }

  /** What is in the queue is delivered. */
  startDelivering(): void {
    this.#start('delivering')
  }

  stop(): void {
    this.#postfix('stop')
  }

  /** Messages in the queue. */
  queued(): number {
    return ['maildrop', 'incoming', 'active', 'deferred'].reduce((sum, name) => {
      const entries = fs.readdirSync(path.join(this.#folder, 'queue', name), { recursive: true, withFileTypes: true })
      return sum + entries.filter((entry) => entry.isFile()).length
    }, 0)
  }

  /** Ends whatever of it runs and removes its folder. */
  remove(): void {
    // Fails where it does not run.
    spawnSync('postfix', ['-c', this.#config, 'abort'])
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
    this.#removed()
  }

  #write({ relayPort, connections, credentials }: PostfixOptions): void {
    const folder = this.#folder
    fs.chmodSync(folder, 0o755) // Postfix's own user must reach what is in it
    for (const name of ['config', 'queue', 'data']) fs.mkdirSync(path.join(folder, name), { mode: 0o755 })
    spawnSync('chown', ['postfix', path.join(folder, 'data')])
    const main = {
      compatibility_level: '3.6',
      queue_directory: path.join(folder, 'queue'),
      data_directory: path.join(folder, 'data'),
      maillog_file: path.join(folder, 'log'),
      maillog_file_prefixes: folder,
      myhostname: 'postfix.example.com',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      mydestination: '',
      mynetworks: '127.0.0.0/8',
      alias_maps: '',
      alias_database: '',
      smtpd_relay_restrictions: 'permit_mynetworks, reject',
      smtpd_peername_lookup: 'no',
      in_flow_delay: '0',
      relayhost: `[127.0.0.1]:${relayPort}`,
      smtp_dns_support_level: 'disabled',
      smtp_host_lookup: 'native',
      ...(credentials ? safely(credentials) : { smtp_tls_security_level: 'none' }),
      ...(connections !== undefined && {
        default_destination_concurrency_limit: connections,
        initial_destination_concurrency: connections,
      }),
    }
    const lines = Object.entries(main).map(([key, value]) => `${key} = ${value}\n`)
    fs.writeFileSync(path.join(this.#config, 'main.cf'), lines.join(''))
  }

  #start(mode: 'taking' | 'delivering'): void {
    fs.writeFileSync(path.join(this.#config, 'master.cf'), services(mode === 'taking' ? this.port : undefined))
    this.#postfix('start')
  }

  #postfix(command: 'start' | 'stop'): void {
    const { status, stderr } = spawnSync('postfix', ['-c', this.#config, command], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`postfix ${command} has failed: ${stderr}`)
  }
}

/**
 * STARTTLS and AUTH PLAIN (Debian's package libsasl2-modules). `smtp_tls_connection_reuse` is not the default: without it
 * Postfix opens a connection for each message as soon as there is TLS.
 */
function safely({ user, pass }: Credentials): Record<string, string> {
  return {
    smtp_tls_security_level: 'encrypt',
    smtp_tls_connection_reuse: 'yes',
    smtp_sasl_auth_enable: 'yes',
    smtp_sasl_password_maps: `static:${user}:${pass}`,
    smtp_sasl_security_options: 'noanonymous',
  }
}

/**
 * master.cf. With a port: what takes messages; without: what delivers them. As long as the queue manager is not among
 * them, what was taken stays in `incoming`, where the queue manager looks first when it is started.
 */
function services(port: number | undefined): string {
  const own = port === undefined ? ['qmgr unix n - n 300 1 qmgr'] : [`127.0.0.1:${port} inet n - n - - smtpd`]
  const common = [
    'cleanup unix n - n - 0 cleanup',
    'tlsproxy unix - - n - 0 tlsproxy',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ]
  return [...own, ...common, ''].join('\n')
}
