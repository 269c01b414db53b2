/**
 * The scripts' clock (os.date, os.time), in all threads of a port: the real one until it is set, then it stands there. So
 * another time can be tried without another thread, which takes a tenth of a second to start.
 */
export class ScriptClock {
  readonly buffer: SharedArrayBuffer
  readonly #ms: Float64Array

  /** `buffer`: of the same clock in another thread. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
    this.#ms = new Float64Array(this.buffer)
    if (!buffer) this.#ms[0] = Number.NaN
  }

  /** Milliseconds since the epoch. */
  now(): number {
    const [ms = Number.NaN] = this.#ms
    return Number.isNaN(ms) ? Date.now() : ms
  }

  /** For the calls that are made after this. */
  set(ms: number): void {
    this.#ms[0] = ms
  }
}
