/**
 * Postfix in an instance of its own, beside whatever else runs here: its configuration, queue, data and log are in a
 * folder of its own, it listens on 127.0.0.1 alone and asks no name server. Needs root, as Postfix does.
 *
 *   const postfix = Postfix.create({ main: { default_transport: `lmtp:inet:127.0.0.1:${port}` } })
 *   postfix.start([smtpd(relayPort, { smtpd_recipient_limit: 5 }), QUEUE_MANAGER])
 *   … postfix.log(), postfix.queued() …
 *   postfix.remove()
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { onExit } from '../../bench/on-exit.js'

export type PostfixParameters = Readonly<Record<string, string | number>>

export interface PostfixOptions {
  /** Parameters of main.cf, beside those that make it an instance of its own. */
  readonly main?: PostfixParameters
}

/** What delivers the queue: without it, what was taken stays in `incoming`, where it is looked for first later on. */
export const QUEUE_MANAGER = 'qmgr unix n - n 300 1 qmgr'

/** The line of master.cf for a relay server on `port` with parameters of its own. */
export function smtpd(port: number, parameters: PostfixParameters = {}): string {
  const own = Object.entries(parameters).map(([name, value]) => `-o { ${name} = ${value} }`)
  return [`127.0.0.1:${port} inet n - n - - smtpd`, ...own].join(' ')
}

/** Undefined: it is not installed, or may not be started by this user. */
export function postfixVersion(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { status, stdout } = spawnSync('postconf', ['-d', '-h', 'mail_version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

export class Postfix {
  readonly folder: string
  readonly #config: string
  readonly #removed: () => void

  private constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-postfix-'))
    this.#config = path.join(this.folder, 'config')
    this.#removed = onExit(() => this.remove())
  }

  /** Makes the folder; does not start it. */
  static create({ main = {} }: PostfixOptions = {}): Postfix {
    const postfix = new Postfix()
    postfix.#write(main)
    return postfix
  }

  /** Writes a file beside main.cf, and gives its path. */
  write(name: string, content: string): string {
    const file = path.join(this.#config, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
    return file
  }

  /** Starts it with these lines of master.cf, and those of the services that every use has. */
  start(services: readonly string[]): void {
    this.write('master.cf', [...services, ...COMMON_SERVICES, ''].join('\n'))
    this.startAgain()
  }

  /** As it was before the stop. */
  startAgain(): void {
    this.#postfix('start')
  }

  stop(): void {
    this.#postfix('stop')
  }

  /** As an administrator does after an edit: sessions go on, processes that are free begin anew. */
  reload(): void {
    this.#postfix('reload')
  }

  /** Messages in the queue. */
  queued(): number {
    return ['maildrop', 'incoming', 'active', 'deferred'].reduce((sum, name) => {
      const entries = fs.readdirSync(path.join(this.folder, 'queue', name), { recursive: true, withFileTypes: true })
      return sum + entries.filter((entry) => entry.isFile()).length
    }, 0)
  }

  /** Everything that it has logged. */
  log(): string {
    const file = path.join(this.folder, 'log')
    return fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : ''
  }

  /** Ends whatever of it runs and removes its folder. */
  remove(): void {
    // Fails where it does not run.
    spawnSync('postfix', ['-c', this.#config, 'abort'])
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    this.#removed()
  }

  #write(main: PostfixParameters): void {
    const folder = this.folder
    fs.chmodSync(folder, 0o755) // Postfix's own user must reach what is in it
    for (const name of ['config', 'queue', 'data']) fs.mkdirSync(path.join(folder, name), { mode: 0o755 })
    spawnSync('chown', ['postfix', path.join(folder, 'data')])
    const parameters = {
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
      // Taking messages is not slowed down while none is delivered.
      in_flow_delay: '0',
      smtp_dns_support_level: 'disabled',
      smtp_host_lookup: 'native',
      ...main,
    }
    this.write(
      'main.cf',
      Object.entries(parameters)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join(''),
    )
  }

  #postfix(command: 'start' | 'stop' | 'reload'): void {
    const { status, stderr } = spawnSync('postfix', ['-c', this.#config, command], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`postfix ${command} has failed: ${stderr}\n${this.log()}`)
  }
}

const COMMON_SERVICES = [
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
  'lmtp unix - - n - - lmtp',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'anvil unix - - n - 1 anvil',
  'scache unix - - n - 1 scache',
  'postlog unix-dgram n - n - 1 postlogd',
]
