/**
 * Haraka in a process of its own: its whole log goes to a file, each line to who asked for it.
 */
import { once } from 'node:events'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { type Child, endChild, startChild } from './child.js'
import { isAlarm, parseLogLine, type LogLine } from './log-line.js'
import { Problem } from './problem.js'

const START_MS = 30_000

/** In front of the sentence of an error that ends Haraka. */
// Haraka prints an error without a stack in brackets.
const EXCEPTION = /^(?:Caught exception: )?(?:\[\w+: (.*)\]$|\w*Error: )?/

export function harakaFolder(root: string): string {
  return path.dirname(createRequire(path.join(root, 'package.json')).resolve('haraka/package.json'))
}

export class HarakaProcess {
  readonly logFile: string
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>
  readonly #child: Child
  readonly #log: fs.WriteStream
  #lastLine = ''
  #lastAlarm: string | undefined

  private constructor(child: Child, logFile: string) {
    this.#child = child
    this.logFile = logFile
    this.#log = fs.createWriteStream(logFile, { flags: 'a' })
    this.ended = once(child, 'close') // not exit: its last words may still be on the way then
  }

  /** Resolves when Haraka listens; throws a Problem when it ends instead. */
  static async start(root: string, folder: string, heard: (line: LogLine) => void): Promise<HarakaProcess> {
    const binary = path.join(harakaFolder(root), 'bin', 'haraka')
    const child = startChild(binary, ['-c', folder], { ...process.env, NODE_ENV: 'production' })
    const haraka = new HarakaProcess(child, path.join(folder, 'haraka.log'))
    let listening = (): void => undefined
    const listens = new Promise<void>((resolve) => (listening = resolve))
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => {
        haraka.#write(text)
        const line = parseLogLine(text)
        if (line && isAlarm(line)) haraka.#lastAlarm = line.text.replace(EXCEPTION, '$1')
        if (line) heard(line)
        if (line?.text.startsWith('Listening on')) listening()
      })
    }
    const late = new Promise<void>((_, reject) => {
      setTimeout(
        () => reject(new Problem(`Haraka did not start within ${START_MS / 1000} s: see ${haraka.logFile}.`)),
        START_MS,
      ).unref()
    })
    const ended = haraka.ended.then(() => Promise.reject(new Problem(haraka.whyEnded())))
    try {
      await Promise.race([listens, ended, late])
    } catch (error) {
      await haraka.end()
      throw error
    } finally {
      late.catch(() => undefined)
      ended.catch(() => undefined)
    }
    return haraka
  }

  /** With the last alarm that it gave, which is most likely why. */
  whyEnded(): string {
    const how = this.#child.signalCode ?? `code ${String(this.#child.exitCode)}`
    return `Haraka ended by itself (${how}): ${this.#lastAlarm ?? this.#lastLine}\nIts whole log is ${this.logFile}.`
  }

  async end(): Promise<void> {
    await endChild(this.#child)
    await this.ended
    await new Promise<void>((resolve) => this.#log.end(resolve))
  }

  #write(text: string): void {
    this.#log.write(`${text}\n`)
    if (text.trim()) this.#lastLine = text.trim()
  }
}
