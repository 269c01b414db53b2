/**
 * Haraka for one measurement: a folder of its own, one process, its log in a file, Haraka's own defaults otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

import { packageRoot } from '../demo/package-root.js'
import { freePort } from '../demo/ports.js'
import { onExit } from './on-exit.js'

const START_MS = 30_000

export const ROOT = packageRoot()

export const HARAKA = path.dirname(createRequire(path.join(ROOT, 'package.json')).resolve('haraka/package.json'))

export interface HarakaOptions {
  /** In the order in which they are loaded; `relayout` is the package, the others are in `sources`. */
  readonly plugins: readonly string[]
  /** The text of plugins/NAME.js. */
  readonly sources?: Readonly<Record<string, string>>
  /** Files in config, by name. */
  readonly config?: Readonly<Record<string, string>>
}

export class Haraka {
  readonly folder: string
  readonly port: number
  readonly queue: string
  /** Of the process, beside the environment of this one. */
  readonly env: Record<string, string> = {}
  readonly #gone: () => void
  #child: ChildProcess | undefined

  private constructor(port: number) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-bench-'))
    this.queue = path.join(this.folder, 'queue')
    this.port = port
    this.#gone = onExit(() => {
      this.#child?.kill('SIGKILL')
      this.#removeFolder()
    })
  }

  /** Makes the folder; does not start it. */
  static async create(options: HarakaOptions): Promise<Haraka> {
    const haraka = new Haraka(await freePort())
    const files = {
      'config/smtp.ini': `listen=127.0.0.1:${haraka.port}\nnodes=0\n`,
      'config/plugins': `${options.plugins.join('\n')}\n`,
      'config/me': 'haraka.example.com\n',
      'config/log.ini': '[main]\nlevel=info\ntimestamps=false\nformat=default\n',
      ...prefixed('config/', '', options.config),
      ...prefixed('plugins/', '.js', options.sources),
    }
    for (const name of ['config', 'plugins', 'queue', 'node_modules']) fs.mkdirSync(path.join(haraka.folder, name))
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(haraka.folder, name), text)
    // Without this one it does not run.
    fs.copyFileSync(path.join(HARAKA, 'config/connection.ini'), path.join(haraka.folder, 'config/connection.ini'))
    fs.symlinkSync(ROOT, path.join(haraka.folder, 'node_modules', 'haraka-plugin-relayout'))
    return haraka
  }

  /** Starts the process; it may not listen yet. */
  spawn(): void {
    const log = fs.openSync(path.join(this.folder, 'log'), 'a')
    const child = spawn(process.execPath, [path.join(HARAKA, 'bin', 'haraka'), '-c', this.folder], {
      env: { ...process.env, NODE_ENV: 'production', ...this.env },
      stdio: ['ignore', log, log],
    })
    fs.closeSync(log)
    this.#child = child
  }

  /** Resolves when Haraka accepts connections. */
  async listening(): Promise<void> {
    await this.until('Haraka listens', START_MS, () => fs.readFileSync(this.#log, 'latin1').includes('Listening on'))
  }

  /** Looks every few milliseconds; throws when Haraka has ended or `ms` are over. */
  async until(what: string, ms: number, condition: () => boolean): Promise<void> {
    const deadline = Date.now() + ms
    while (!condition()) {
      const { exitCode = 0, signalCode = null } = this.#child ?? {}
      if (exitCode !== null || signalCode !== null) throw new Error(`Haraka has ended:\n${this.#lastLines()}`)
      if (Date.now() > deadline) throw new Error(`not within ${ms / 1000} s: ${what}\n${this.#lastLines()}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends the process: nothing in its folder is needed after that. */
  async stop(): Promise<void> {
    const child = this.#child
    child?.kill('SIGKILL')
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  async remove(): Promise<void> {
    await this.stop()
    this.#removeFolder()
    this.#gone()
  }

  #removeFolder(): void {
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get #log(): string {
    return path.join(this.folder, 'log')
  }

  #lastLines(): string {
    return fs.readFileSync(this.#log, 'latin1').split('\n').slice(-10).join('\n')
  }
}

function prefixed(before: string, after: string, files: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${before}${name}${after}`, text]))
}
