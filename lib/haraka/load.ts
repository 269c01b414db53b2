/**
 * Puts the plugin together on the real clock and the real script engine.
 */
import { nodeClock } from '../relay/node-clock.js'
import { createScriptPort } from '../script/thread-port.js'
import { Relayout } from './relayout.js'
import type { HarakaPlugin } from './shapes.js'

/** For `register`: throws when the mail server must not start, see docs/ERRORS.md. */
export function loadRelayout(plugin: HarakaPlugin): Relayout {
  plugin.timeout = 0 // a message may wait for its turn as long as it takes
  return new Relayout(plugin, { clock: nodeClock, createPort: createScriptPort })
}
