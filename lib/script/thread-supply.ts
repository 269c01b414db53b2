/**
 * Script threads to take: a spare that stands ready where there has been time to start one, otherwise a new one.
 *
 * A thread takes about 100 ms to start; with a spare a runaway script costs the others nothing of that. When threads
 * cannot be started, the supply pauses, longer each time, so that a broken installation does not start them in a loop.
 */
import { monotonicMs } from './progress.js'
import { WorkerLink } from './worker-link.js'
import type { LinkSettings } from './worker-link.js'

const SPARE_AFTER_MS = 300
const STARTS_WITHOUT_ANSWER = 3
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000

export type Remark = (message: string) => void

export class ThreadSupply {
  readonly #settings: LinkSettings
  readonly #remark: Remark
  #spare: WorkerLink | undefined
  #spareTimer: NodeJS.Timeout | undefined
  /** Threads in a row that ended before they did anything. */
  #failedStarts = 0
  #pausedUntilMs = 0

  constructor(settings: LinkSettings, remark: Remark) {
    this.#settings = settings
    this.#remark = remark
  }

  get paused(): boolean {
    return monotonicMs() < this.#pausedUntilMs
  }

  take(): WorkerLink {
    const link = this.#spare ?? new WorkerLink(this.#settings)
    this.#spare = undefined
    return link
  }

  /** A thread has answered: threads do start. The spare comes later, so that it does not slow the start. */
  answered(): void {
    this.#failedStarts = 0
    if (this.#spare !== undefined || this.#spareTimer !== undefined) return
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined
      this.#startSpare()
    }, SPARE_AFTER_MS)
    this.#spareTimer.unref()
  }

  /** A thread has ended before it did anything. */
  startFailed(why: string): void {
    this.#failedStarts++
    const doublings = this.#failedStarts - STARTS_WITHOUT_ANSWER
    if (doublings < 0) return
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS)
    this.#pausedUntilMs = monotonicMs() + pauseMs
    this.#remark(`the script engine does not start (${why}); next try in ${pauseMs} ms`)
  }

  async close(): Promise<void> {
    clearTimeout(this.#spareTimer)
    await this.#spare?.end()
  }

  #startSpare(): void {
    const spare = new WorkerLink(this.#settings)
    spare.attach({
      message: () => undefined,
      end: () => {
        if (this.#spare === spare) this.#spare = undefined
      },
    })
    this.#spare = spare
  }
}
