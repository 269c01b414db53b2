/** The limits of one call inside the script thread: what `watch` is told, and what the main thread can see. */
import type { Phase, Progress } from '../progress.js'
import { Kill } from './call-watch.js'
import { watch } from './fengari-overrides.js'
import { runningLine, traceback } from './position.js'

/** The soft limit comes before the main thread's: a Kill keeps the other sessions' states, a termination does not. */
const SOFT_SHARE = 0.9
const MB = 1024 * 1024

export class CallLimits {
  /** For sentences. */
  readonly timeout: string
  readonly memory: string
  /** The call that runs, as the main thread numbers it. */
  call = 0
  readonly #softMs: number
  readonly #progress: Progress
  #begunMs = 0

  constructor(timeoutMs: number, memoryMb: number, progress: Progress) {
    this.timeout = timeoutMs % 1000 === 0 ? `${timeoutMs / 1000} s` : `${timeoutMs} ms`
    this.memory = `${memoryMb} MB`
    this.#softMs = timeoutMs * SOFT_SHARE
    this.#progress = progress
    watch.configure(memoryMb * MB, (line) => progress.atLine(line), {
      line: runningLine,
      traceback: (L) => traceback(L, 0),
    })
  }

  /** Runs `f` as a phase of the current call. A Kill is returned, any other exception passes. */
  within<Result>(phase: Phase, f: () => Result): Result | Kill {
    this.#begunMs = this.#progress.begin(this.call, phase)
    return this.#limited(f)
  }

  /** As `within`, for the rest of the phase that ran last: what is left of its time is all there is. */
  rest<Result>(phase: Phase, f: () => Result): Result | Kill {
    this.#progress.begin(this.call, phase, this.#begunMs)
    return this.#limited(f)
  }

  #limited<Result>(f: () => Result): Result | Kill {
    watch.begin(this.#begunMs, this.#softMs)
    try {
      return f()
    } catch (error) {
      if (error instanceof Kill) return error
      throw error
    } finally {
      watch.end()
      this.#progress.end()
    }
  }
}
