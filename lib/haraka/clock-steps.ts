/**
 * Haraka waits for an item's next attempt until a time of day: when the clock is set back by an hour, everything that
 * waits, waits an hour longer. Here those waits are shortened by as much as the clock went back.
 *
 * A clock that goes forward ends waits early, as it does in Haraka alone. That is harmless, and right after a machine was
 * suspended: by the clock that nobody can set no time has passed then.
 */
import type { Clock } from '../core/clock.js'

const LOOK_MS = 1_000
/** Less than that is the clock being kept right. */
const STEP_MS = 500

/** A wait of Haraka's (haraka-utils, TimerQueue): until when, ms since the epoch. */
export interface Wait {
  fire_time: number
}

/** `stepped` hears how far the clock went back, ms. */
export function followClock(clock: Clock, waits: () => Iterable<Wait>, stepped: (backMs: number) => void): void {
  let difference = clock.now() - clock.monotonicMs()
  const look = (): void => {
    const now = clock.now() - clock.monotonicMs()
    const backMs = difference - now
    difference = now
    if (backMs > STEP_MS) {
      for (const wait of waits()) wait.fire_time -= backMs
      stepped(backMs)
    }
    clock.after(LOOK_MS, look)
  }
  clock.after(LOOK_MS, look)
}
