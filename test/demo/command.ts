/** Runs one of the commands in a process of its own, as a user does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const DEMO = path.join(__dirname, '..', '..', 'demo')

export class Command {
  readonly child: ChildProcess
  output = ''
  readonly #watchers = new Set<() => void>()
  readonly #closed: Promise<unknown>

  constructor(file: string, args: readonly string[], nodeArgs: readonly string[] = []) {
    const child = spawn(process.execPath, [...nodeArgs, path.join(DEMO, file), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString()
      for (const look of this.#watchers) look()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    this.child = child
    this.#closed = once(child, 'close')
    void this.#closed.then(() => {
      for (const look of this.#watchers) look()
    })
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    await this.#closed
    return this.child.exitCode
  }

  /** Rejects, with the output, when the command ends without it. */
  waitFor(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.output.slice(from))
        if (!match && this.child.exitCode === null && this.child.signalCode === null) return
        this.#watchers.delete(look)
        if (match) resolve(match)
        else reject(new Error(`nothing like ${String(pattern)} in:\n${this.output}`))
      }
      this.#watchers.add(look)
      look()
    })
  }
}
