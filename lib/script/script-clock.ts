/** How far the scripts' clock (os.date, os.time) is ahead of the real one: for trials, tests and demonstrations. */
export class ScriptClock {
  readonly buffer: SharedArrayBuffer
  readonly #offsetMs: Float64Array

  /** Threads are given the `buffer` of another one, and see what is set there. */
  constructor(buffer = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#offsetMs = new Float64Array(buffer)
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + (this.#offsetMs[0] ?? 0)
  }

  /** From the next call of a script on, which goes on from there. */
  set(nowMs: number): void {
    this.#offsetMs[0] = nowMs - Date.now()
  }
}
