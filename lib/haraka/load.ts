/**
 * Puts the plugin together on the real clock and the real script engine.
 */
import type { Clock } from '../core/clock.js'
import { createScriptPort } from '../script/thread-port.js'
import { Relayout } from './relayout.js'
import type { HarakaPlugin } from './shapes.js'

const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    // Never keeps a process that is shutting down.
    const timer = setTimeout(fire, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** For `register`: throws when the mail server must not start (RELAYOUT_E_HARAKA_SHAPE, RELAYOUT_E_SETTINGS). */
export function loadRelayout(plugin: HarakaPlugin): Relayout {
  plugin.timeout = 0 // a message may wait for its turn as long as it takes
  return new Relayout(plugin, { clock: systemClock, createPort: createScriptPort })
}
