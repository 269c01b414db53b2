/**
 * A real Haraka in a process and a folder of its own, with the built plugin enabled in config/plugins.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { freePort } from '../../demo/ports.js'

/** The package: two folders above dist/test/support. */
export const PACKAGE = path.resolve(__dirname, '..', '..', '..')

export const HARAKA = path.dirname(require.resolve('haraka/package.json'))

/** Accepts every recipient, as a submission service would, and queues for outbound delivery. */
const ACCEPT_PLUGIN = `
exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
exports.hook_rcpt = (next) => next(OK)
`

const TRUSTED = 'trusted.pem'

export interface InstanceOptions {
  /** The text of config/relayout.ini. */
  readonly ini?: string
  /** The text of config/relayout.lua; undefined: no such file. */
  readonly script?: string | Buffer
  /** Haraka adds no header line to what it is given, so that sizes are known to the byte. */
  readonly asSubmitted?: boolean
  /** Other files in config, by name. */
  readonly config?: Readonly<Record<string, string>>
  /** Other plugins, by name: their source. They are loaded before relayout. */
  readonly plugins?: Readonly<Record<string, string>>
  /** smtp.ini nodes; 0: one process. */
  readonly nodes?: number
  readonly env?: Readonly<Record<string, string>>
  /** A certificate (PEM) that it trusts, besides those that everybody does. */
  readonly trusted?: string
  /** False: Haraka without the plugin. */
  readonly relayout?: boolean
}

export interface QueuedItem {
  /** Of its file. */
  readonly name: string
  readonly mail_from: { readonly original: string }
  readonly rcpt_to: readonly { readonly original: string }[]
  readonly attempts: number
  /** The message, latin1. */
  readonly text: string
}

export class HarakaInstance {
  readonly folder: string
  readonly port: number
  readonly #options: InstanceOptions
  #process: ChildProcess | undefined
  #output = ''
  readonly #watchers = new Set<() => void>()

  private constructor(folder: string, port: number, options: InstanceOptions) {
    this.folder = folder
    this.port = port
    this.#options = options
  }

  /** Makes the folder, as `haraka -i` does, and writes the configuration; does not start it. */
  static async create(options: InstanceOptions = {}): Promise<HarakaInstance> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    execFileSync(process.execPath, [path.join(HARAKA, 'bin', 'haraka'), '-i', folder], { stdio: 'ignore' })
    const instance = new HarakaInstance(folder, await freePort(), options)
    const plugins = [
      'accept',
      ...Object.keys(options.plugins ?? {}),
      ...(options.relayout === false ? [] : ['relayout']),
    ]
    instance.write('config/smtp.ini', `listen=127.0.0.1:${instance.port}\nnodes=${options.nodes ?? 0}\n`)
    instance.write('config/plugins', `${plugins.join('\n')}\n`)
    instance.write('config/me', 'haraka.example.com\n')
    instance.write('config/log.ini', '[main]\nlevel=info\ntimestamps=false\nformat=default\n')
    instance.write('plugins/accept.js', ACCEPT_PLUGIN)
    for (const [name, source] of Object.entries(options.plugins ?? {})) instance.write(`plugins/${name}.js`, source)
    if (options.ini !== undefined) instance.write('config/relayout.ini', options.ini)
    if (options.script !== undefined) instance.write('config/relayout.lua', options.script)
    if (options.asSubmitted) {
      const connectionIni = fs.readFileSync(path.join(folder, 'config/connection.ini'), 'utf8')
      instance.write('config/connection.ini', connectionIni.replace('; add_received=true', 'add_received=false'))
      instance.write('config/outbound.ini', 'received_header=disabled\n')
    }
    for (const [name, text] of Object.entries(options.config ?? {})) instance.write(`config/${name}`, text)
    if (options.trusted !== undefined) instance.write(TRUSTED, options.trusted)
    fs.mkdirSync(path.join(folder, 'node_modules'))
    fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'haraka-plugin-relayout'))
    return instance
  }

  static async start(options: InstanceOptions = {}): Promise<HarakaInstance> {
    const instance = await HarakaInstance.create(options)
    await instance.start()
    return instance
  }

  write(name: string, content: string | Buffer): void {
    const file = path.join(this.folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
  }

  /** Starts Haraka and waits until it listens. Rejects, with what it printed, when it ends instead. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [path.join(HARAKA, 'bin', 'haraka'), '-c', this.folder], {
      env: {
        ...process.env,
        NODE_ENV: 'production',
        ...(this.#options.trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: path.join(this.folder, TRUSTED) }),
        ...this.#options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#process = child
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString()
      for (const look of this.#watchers) look()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const from = this.#output.length
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Haraka ended:\n${this.#output.slice(from)}`)
    })
    await Promise.race([this.waitForLog(/Listening on/, from), ended])
    ended.catch(() => undefined)
  }

  /** The process started last goes on. */
  get runs(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null
  }

  /** Everything printed so far, by every process started here. */
  get output(): string {
    return this.#output
  }

  /** The plugin's own lines, without level, as `uuid event key=value…`. */
  get events(): string[] {
    return this.#output.split('\n').flatMap((line) => {
      const match = /^\[(\w+)\] \[([^\]]*)\] \[relayout\] (.*)$/.exec(line)
      return match ? [`${match[1]} ${match[2]} ${match[3]}`] : []
    })
  }

  /** Resolves with the first match in what is printed from `from` on. */
  waitForLog(pattern: RegExp, from = 0, timeoutMs = 30_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#output.slice(from))
        if (!match) return
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve(match)
      }
      const timer = setTimeout(() => {
        this.#watchers.delete(look)
        reject(new Error(`nothing like ${String(pattern)} was logged:\n${this.#output.slice(from)}`))
      }, timeoutMs)
      this.#watchers.add(look)
      look()
    })
  }

  /** The names of the queue files, oldest first. */
  queue(): string[] {
    const folder = path.join(this.folder, 'queue')
    return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []
  }

  /** What is in each queue file; not in those that are still being written, which Haraka removes when it starts. */
  queued(): QueuedItem[] {
    return this.queue().flatMap((name) => {
      if (name.startsWith('.')) return []
      try {
        const file = fs.readFileSync(path.join(this.folder, 'queue', name))
        const length = file.readUInt32BE(0)
        const todo = JSON.parse(file.subarray(4, 4 + length).toString()) as Pick<QueuedItem, 'mail_from' | 'rcpt_to'>
        const text = file.subarray(4 + length).toString('latin1')
        return [{ ...todo, name, attempts: Number(name.split('_')[2]), text }]
      } catch {
        return [] // sent or renamed between the listing and the reading
      }
    })
  }

  /** Settles when the process that runs has ended, however. */
  async ended(): Promise<void> {
    const child = this.#process
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** Ends the processes by `signal` and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    this.kill(signal)
    await ended
  }

  /** Sends the signal to its processes, at once; for the end of this one, too. */
  kill(signal: NodeJS.Signals): void {
    const child = this.#process
    if (child?.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal)
  }

  /** Stops it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop()
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Resolves when `condition` holds; it is looked at every few milliseconds, and seldom where a look takes long. */
export async function until(what: string, condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (let began = performance.now(); !condition(); began = performance.now()) {
    if (Date.now() > deadline) throw new Error(`it never came to be that ${what}`)
    const tookMs = performance.now() - began
    await new Promise((resolve) => setTimeout(resolve, Math.max(10, 20 * tookMs)))
  }
}
