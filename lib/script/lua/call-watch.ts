/**
 * The soft limits of one call: time and string memory.
 *
 * fengari calls `tick` for every instruction of every coroutine (see fengari-overrides). Past a limit it throws a Kill,
 * a JavaScript exception that no Lua code can keep: every pcall, coroutine.resume and load throws it again on its way
 * out. After a Kill the lua_State is in no defined condition and must be thrown away.
 *
 * Time spent inside one library function is not seen here; for that the main thread terminates the worker. Strings are
 * ArrayBuffers, which the worker's resource limits do not count: their bytes are watched as they are made.
 */
import v8 from 'node:v8'
import vm from 'node:vm'
import { monotonicMs } from '../progress.js'

/** Instructions between two looks at the clock. With 1,000 some string work runs seconds between two looks. */
const INSTRUCTIONS_PER_LOOK = 100
/** From here on a running call keeps its line where the main thread can see it. */
const SHOW_LINE_AFTER_MS = 10
const STRING_BYTES_PER_LOOK = 4 * 1024 * 1024

export class Kill {
  readonly kind: 'timeout' | 'memory'
  readonly traceback: string
  readonly line: number

  constructor(kind: 'timeout' | 'memory', line: number, traceback: string) {
    this.kind = kind
    this.line = line
    this.traceback = traceback
  }
}

/** What the watch needs to know of the engine: where the running thread `L` stands. */
export interface Whereabouts<State> {
  line(L: State): number
  traceback(L: State): string
}

export class CallWatch<State> {
  /** Set once per call at most; while set, the next instruction anywhere throws it again. */
  killed: Kill | undefined
  #budget = INSTRUCTIONS_PER_LOOK
  #stringBytes = 0
  #deadline = Infinity
  #showLineAt = Infinity
  #memoryLimit = Infinity
  #showLine: (line: number) => void = () => undefined
  #whereabouts: Whereabouts<State> | undefined

  configure(memoryLimitBytes: number, showLine: (line: number) => void, whereabouts: Whereabouts<State>): void {
    this.#memoryLimit = memoryLimitBytes
    this.#showLine = showLine
    this.#whereabouts = whereabouts
  }

  /** The longest single string that may be made, bytes. */
  get longestString(): number {
    return Math.min(this.#memoryLimit / 2, 512 * 1024 * 1024)
  }

  begin(nowMs: number, allowedMs: number): void {
    this.killed = undefined
    this.#deadline = nowMs + allowedMs
    this.#showLineAt = nowMs + SHOW_LINE_AFTER_MS
    this.#stringBytes = 0
  }

  end(): void {
    this.killed = undefined
    this.#deadline = Infinity
    this.#showLineAt = Infinity
  }

  /** One instruction is about to run in `L`. */
  tick(L: State): void {
    if (--this.#budget > 0) return
    this.#budget = INSTRUCTIONS_PER_LOOK
    this.look(L)
  }

  look(L: State): void {
    this.rethrow()
    const now = monotonicMs()
    if (now < this.#showLineAt) return
    if (now > this.#deadline) this.#kill('timeout', L)
    this.#showLine(this.#whereabouts?.line(L) ?? 0)
  }

  /** A library function that may run long is about to: the main thread shall know the line, should it not return. */
  atLine(line: number): void {
    this.#showLine(line)
  }

  /** A string of `bytes` has been made in `L`. */
  madeString(L: State, bytes: number): void {
    this.#stringBytes += bytes
    if (this.#stringBytes < STRING_BYTES_PER_LOOK) return
    this.#stringBytes = 0
    if (stringMemory() < this.#memoryLimit) return
    collectGarbage()
    if (stringMemory() > this.#memoryLimit) this.#kill('memory', L)
    // Having waited for the collector counts as running.
    this.look(L)
  }

  rethrow(): void {
    if (this.killed === undefined) return
    this.#budget = 1
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- no Error: nothing may mistake it for one
    throw this.killed
  }

  #kill(kind: Kill['kind'], L: State): void {
    let traceback = ''
    const line = this.#whereabouts?.line(L) ?? 0
    try {
      traceback = this.#whereabouts?.traceback(L) ?? ''
    } catch {
      // A stack that is too full for a traceback still has a line.
    }
    this.killed = new Kill(kind, line, traceback)
    this.rethrow()
  }
}

function stringMemory(): number {
  return v8.getHeapStatistics().external_memory
}

let collector: (() => void) | undefined

function collectGarbage(): void {
  if (collector === undefined) {
    v8.setFlagsFromString('--expose-gc')
    collector = vm.runInNewContext('gc') as () => void
    v8.setFlagsFromString('--no-expose-gc')
  }
  collector()
}
