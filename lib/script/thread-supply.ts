/**
 * Script threads to take, and to give back when they are not needed any more.
 *
 * A thread takes about 100 ms to start: one stands ready where there has been time to start it, so that a runaway
 * script costs its sender nothing of that. What is given back is kept for a while, because senders come and go. When
 * threads cannot be started, the supply pauses, longer each time, so that a broken installation does not start them in
 * a loop.
 */
import { monotonicMs } from './progress.js'
import { WorkerLink } from './worker-link.js'
import type { LinkSettings } from './worker-link.js'

const SPARE_AFTER_MS = 300
/** A thread that nobody has needed for this long is ended, but for the last. */
const KEPT_MS = 60_000
const STARTS_WITHOUT_ANSWER = 3
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000

export type Remark = (message: string) => void

export class ThreadSupply {
  readonly #settings: LinkSettings
  readonly #remark: Remark
  /** Ready or starting, the longest unused first. */
  readonly #ready: { readonly link: WorkerLink; readonly sinceMs: number }[] = []
  #spareTimer: NodeJS.Timeout | undefined
  #trimTimer: NodeJS.Timeout | undefined
  /** Threads in a row that ended before they did anything. */
  #failedStarts = 0
  #pausedUntilMs = 0
  #closed = false

  constructor(settings: LinkSettings, remark: Remark) {
    this.#settings = settings
    this.#remark = remark
  }

  get paused(): boolean {
    return monotonicMs() < this.#pausedUntilMs
  }

  take(): WorkerLink {
    return this.#ready.pop()?.link ?? new WorkerLink(this.#settings)
  }

  /** Nothing runs in it, and no session is open there. */
  giveBack(link: WorkerLink): void {
    if (this.#closed) this.end(link)
    else this.#keep(link)
  }

  /** Terminates a thread, whatever it does. */
  end(link: WorkerLink): void {
    void link.end().catch((error: unknown) => this.#remark(`a script thread does not end: ${String(error)}`))
  }

  /** A thread has answered: threads do start. The spare comes later, so that it does not slow the start. */
  answered(): void {
    this.#failedStarts = 0
    if (this.#ready.length > 0 || this.#spareTimer !== undefined) return
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined
      if (this.#ready.length === 0) this.#keep(new WorkerLink(this.#settings))
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
    this.#closed = true
    clearTimeout(this.#spareTimer)
    clearTimeout(this.#trimTimer)
    await Promise.all(this.#ready.splice(0).map(({ link }) => link.end()))
  }

  #keep(link: WorkerLink): void {
    link.attach({
      message: () => undefined,
      end: () => {
        const at = this.#ready.findIndex((ready) => ready.link === link)
        if (at >= 0) this.#ready.splice(at, 1)
      },
    })
    this.#ready.push({ link, sinceMs: monotonicMs() })
    this.#trimLater()
  }

  #trimLater(): void {
    const [longest] = this.#ready
    if (this.#trimTimer !== undefined || longest === undefined || this.#ready.length < 2) return
    const left = longest.sinceMs + KEPT_MS - monotonicMs()
    this.#trimTimer = setTimeout(
      () => {
        this.#trimTimer = undefined
        const [first] = this.#ready
        if (this.#ready.length > 1 && first !== undefined && monotonicMs() - first.sinceMs >= KEPT_MS) {
          this.#ready.shift()
          this.end(first.link)
        }
        this.#trimLater()
      },
      Math.max(left, 1),
    )
    this.#trimTimer.unref()
  }
}
