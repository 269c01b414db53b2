/**
 * What the script thread is doing just now, in memory that both threads see.
 *
 * The main thread cannot ask a thread that loops; it reads here which call runs, in which phase, since when and, once
 * a call has run for a while, at which line of the script. Reading is a snapshot, good enough to name a culprit.
 */

import { CALLBACKS } from './callbacks.js'
import type { Callback } from './port.js'

export type Phase = 'idle' | 'main chunk' | Callback

const PHASES: readonly Phase[] = ['idle', 'main chunk', ...CALLBACKS]

const CALL = 0
const PHASE = 1
const LINE = 2
const BYTES = 24

/** Milliseconds of a clock that is the same in every thread of the process. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

export class Progress {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #since: Float64Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer, 0, 3)
    this.#since = new Float64Array(buffer, 16, 1)
  }

  /** Script thread: `call` begins `phase`, or goes on with what began then. */
  begin(call: number, phase: Phase, sinceMs = monotonicMs()): number {
    this.#since[0] = sinceMs
    this.#words[LINE] = 0
    this.#words[PHASE] = PHASES.indexOf(phase)
    Atomics.store(this.#words, CALL, call)
    return sinceMs
  }

  end(): void {
    Atomics.store(this.#words, CALL, 0)
  }

  atLine(line: number): void {
    this.#words[LINE] = line
  }

  /** Main thread. `call` is 0 when nothing runs. */
  read(): { call: number; phase: Phase; line: number; sinceMs: number } {
    const call = Atomics.load(this.#words, CALL)
    return {
      call,
      phase: PHASES[this.#words[PHASE] ?? 0] ?? 'idle',
      line: this.#words[LINE] ?? 0,
      sinceMs: this.#since[0] ?? 0,
    }
  }
}
