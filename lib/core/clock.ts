/**
 * Time as the core sees it: a clock that is passed in, so that tests run on a fake one.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since some moment, for durations: no setting of the clock changes it. */
  monotonicMs(): number
  /** Calls `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void
}
