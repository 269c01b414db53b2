/**
 * One script thread as the main thread sees it: started, spoken to, watched, ended.
 *
 * `onEnd` is called once when the thread has gone by itself (it crashed or could not start), never after `end()`. A
 * message that had arrived before is delivered first.
 */
import path from 'node:path'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { MessagePort, WorkerOptions } from 'node:worker_threads'
import type { SourceMessage } from './messages.js'
import { Progress } from './progress.js'

const WORKER_FILE = path.join(__dirname, 'lua', 'worker.js')

/** fengari reads this when it is loaded. With a larger stack a runaway recursion takes a second to be found. */
const FENGARI_SETTINGS = JSON.stringify({ LUAI_MAXSTACK: 20_000, LUA_COMPAT_FLOATSTRING: true })
/**
 * The heap's hard limit is not the script's: that one is kept inside the thread (call-watch.ts). An allocation that
 * meets the hard limit may end the process, so it lies where one step beyond the script's limit does not reach.
 */
const OWN_MEMORY_MB = 128
const SHARE_OF_LIMIT = 3

export interface LinkSettings {
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Of a ScriptClock. */
  readonly clock: SharedArrayBuffer
}

export interface WorkerSettings extends LinkSettings {
  readonly port: MessagePort
  readonly progress: SharedArrayBuffer
}

export interface LinkEvents {
  message(message: string): void
  /** `code`: the error's code, such as ERR_WORKER_OUT_OF_MEMORY. */
  end(code: string, message: string): void
}

export class WorkerLink {
  readonly progress = new Progress()
  /** True once the thread has said anything. */
  alive = false
  readonly #port: MessagePort
  /** Undefined when no thread could be made. */
  readonly #worker: Worker | undefined
  #events: LinkEvents | undefined
  #ended = false

  constructor(settings: LinkSettings) {
    const { port1, port2 } = new MessageChannel()
    const workerData: WorkerSettings = { ...settings, port: port2, progress: this.progress.buffer }
    this.#port = port1
    this.#worker = this.#start({
      workerData,
      transferList: [port2],
      env: { FENGARICONF: FENGARI_SETTINGS, ...(process.env['TZ'] === undefined ? {} : { TZ: process.env['TZ'] }) },
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: settings.memoryMb * SHARE_OF_LIMIT + OWN_MEMORY_MB,
        maxYoungGenerationSizeMb: 16,
      },
      stdout: true,
      stderr: true,
    })
    this.#port.on('message', (message: string) => this.#received(message))
    this.#worker?.on('error', (error: NodeJS.ErrnoException) => this.#gone(error.code ?? 'error', error.message))
    this.#worker?.on('exit', (status) => this.#gone('exit', `the script thread ended with status ${status}`))
    this.#port.unref()
    this.#worker?.unref()
  }

  /** Without a thread to be had (EAGAIN) the constructor throws; from a timer of ours that would end the mail server. */
  #start(options: WorkerOptions): Worker | undefined {
    try {
      return new Worker(WORKER_FILE, options)
    } catch (error) {
      setImmediate(() => this.#gone('exit', String(error)))
      return undefined
    }
  }

  /** From now on messages and the end are reported. */
  attach(events: LinkEvents): void {
    this.#events = events
  }

  post(message: string | SourceMessage): void {
    this.#port.postMessage(message)
  }

  /** Delivers what has arrived but has not been seen yet, because the main thread was busy. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: string } | undefined
      if (received === undefined) return
      this.#received(received.message)
    }
  }

  /** Terminates the thread, whatever it does. */
  async end(): Promise<void> {
    this.#ended = true
    this.#port.close()
    await this.#worker?.terminate()
  }

  #received(message: string): void {
    this.alive = true
    if (!this.#ended) this.#events?.message(message)
  }

  #gone(code: string, message: string): void {
    if (this.#ended) return
    this.drain()
    this.#ended = true
    this.#port.close()
    this.#events?.end(code, message)
  }
}
