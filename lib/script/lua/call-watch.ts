/**
 * The soft limits of one call: time and memory.
 *
 * fengari calls `tick` for every instruction of every coroutine (see fengari-overrides). Past a limit it throws a Kill,
 * a JavaScript exception that no Lua code can keep: every pcall, coroutine.resume and load throws it again on its way
 * out. After a Kill the lua_State is in no defined condition and must be thrown away.
 *
 * Time spent inside one library function is not seen here; for that the main thread terminates the worker. Memory is
 * watched here, as often as the clock, and when many bytes of strings have been made: Lua strings are ArrayBuffers, which
 * the worker's resource limits do not count, and where those limits are met by one large allocation (a table that
 * doubles its buckets, a long JavaScript string) V8 ends the whole process instead of the thread.
 */
import v8 from 'node:v8'
import vm from 'node:vm'
import { monotonicMs } from '../progress.js'

/** Instructions between two looks at the clock. With 1,000 some string work runs seconds between two looks. */
const INSTRUCTIONS_PER_LOOK = 100
/** From here on a running call keeps its line where the main thread can see it. */
const SHOW_LINE_AFTER_MS = 10
const STRING_BYTES_PER_LOOK = 4 * 1024 * 1024
const MEMORY_LOOK_MS = 1
/** What the heap may hold beyond its limit before its garbage is collected: about the size of the young generation. */
const GARBAGE_BYTES = 16 * 1024 * 1024

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
  /** The heap as the engine itself needs it, and the script's share. */
  #heapLimit = Infinity
  #memoryLookAt = 0
  #looking = false
  #showLine: (line: number) => void = () => undefined
  #whereabouts: Whereabouts<State> | undefined

  configure(memoryLimitBytes: number, showLine: (line: number) => void, whereabouts: Whereabouts<State>): void {
    this.#memoryLimit = memoryLimitBytes
    this.#heapLimit = v8.getHeapStatistics().used_heap_size + memoryLimitBytes
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
    this.#looking = true
  }

  end(): void {
    this.killed = undefined
    this.#stopLooking()
    this.#showLineAt = Infinity
  }

  #stopLooking(): void {
    this.#deadline = Infinity
    this.#looking = false
  }

  /** One instruction is about to run in `L`. */
  tick(L: State): void {
    if (--this.#budget > 0) return
    this.#budget = INSTRUCTIONS_PER_LOOK
    this.look(L)
  }

  /** As much as an instruction has been done, where it is not known by whom. */
  spend(): void {
    this.#budget--
  }

  look(L: State): void {
    this.rethrow()
    const now = monotonicMs()
    if (now >= this.#memoryLookAt) {
      this.#memoryLookAt = now + MEMORY_LOOK_MS
      this.#lookAtMemory(L, 0)
    }
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
    this.willMakeString(L, bytes, 0)
  }

  /** As `madeString`, before the bytes are there: what has no room is not even made. */
  willMakeString(L: State, bytes: number, coming = bytes): void {
    this.#stringBytes += bytes
    if (this.#stringBytes < STRING_BYTES_PER_LOOK) return
    this.#stringBytes = 0
    // Having waited for the collector counts as running.
    if (this.#lookAtMemory(L, coming)) this.look(L)
  }

  /** True if garbage had to be collected; `coming` bytes of a string are not there yet. */
  #lookAtMemory(L: State, coming: number): boolean {
    if (!this.#looking || !this.#exceeds(coming, GARBAGE_BYTES)) return false
    collectGarbage()
    if (this.#exceeds(coming, 0)) this.#kill('memory', L)
    return true
  }

  /** Strings are external memory; their garbage is collected at once, since it is large. */
  #exceeds(coming: number, garbageBytes: number): boolean {
    const { external_memory: strings, used_heap_size: heap } = v8.getHeapStatistics()
    return strings + coming > this.#memoryLimit || heap > this.#heapLimit + garbageBytes
  }

  rethrow(): void {
    if (this.killed === undefined) return
    this.#budget = 1
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- no Error: nothing may mistake it for one
    throw this.killed
  }

  #kill(kind: Kill['kind'], L: State): void {
    let traceback = ''
    // Making the traceback runs through here, too.
    this.#stopLooking()
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

let collector: (() => void) | undefined

/** The flag is the whole process's: another thread, at the same, may take it back just before it is needed here. */
function findCollector(): () => void {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    v8.setFlagsFromString('--expose-gc')
    const found = vm.runInNewContext('globalThis.gc') as (() => void) | undefined
    v8.setFlagsFromString('--no-expose-gc')
    if (found !== undefined) return found
  }
  throw new Error('the engine shows no garbage collector')
}

const MOST_TRIES = 1000

/** Takes some 50 ms. */
function collectGarbage(): void {
  collector ??= findCollector()
  collector()
  // The ArrayBuffers that the first one found are counted as freed when the second one begins.
  collector()
}
