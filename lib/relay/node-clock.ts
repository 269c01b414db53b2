/**
 * The real clock. Its timers do not keep a process that is about to end.
 */
import type { Clock } from '../core/clock.js'

export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
