/** All hostile scripts, by the limits that they run under. */
import type { HostileScripts } from './hostile-script.js'
import { BEGINNINGS } from './scripts-beginnings.js'
import { BOUNDS } from './scripts-bounds.js'
import { ERRORS } from './scripts-errors.js'
import { FORBIDDEN } from './scripts-forbidden.js'
import { GLOBALS } from './scripts-globals.js'
import { HUGE } from './scripts-huge.js'
import { LIBRARY_LOOPS } from './scripts-library-loops.js'
import { LOADS } from './scripts-load.js'
import { LOOPS } from './scripts-loops.js'
import { FLOODS, LARGE_FLOODS } from './scripts-memory.js'
import { PRINTS } from './scripts-prints.js'
import { RECURSIONS } from './scripts-recursion.js'
import { REPLIES } from './scripts-replies.js'
import { LARGE_RESULTS, RESULTS } from './scripts-results.js'

export interface Setting {
  readonly what: string
  /** Lines of [main]. */
  readonly limits: string
  readonly scripts: HostileScripts
}

export const SETTINGS: readonly Setting[] = [
  {
    what: 'a short script_timeout',
    limits: 'script_timeout=500ms\n',
    scripts: {
      ...LOOPS,
      ...LIBRARY_LOOPS,
      ...REPLIES,
      ...BEGINNINGS,
      ...RESULTS,
      ...ERRORS,
      ...GLOBALS,
      ...PRINTS,
      ...FORBIDDEN,
    },
  },
  // What takes long, but must be refused or ended for another reason, or not at all.
  {
    what: 'a long script_timeout',
    limits: 'script_timeout=20s\nscript_memory=256M\n',
    scripts: { ...RECURSIONS, ...BOUNDS, ...LOADS, ...HUGE, ...LARGE_RESULTS },
  },
  { what: 'a small script_memory', limits: 'script_timeout=20s\nscript_memory=16M\n', scripts: FLOODS },
  // A table of this size doubles its buckets beyond the limit at one go.
  { what: 'a larger script_memory', limits: 'script_timeout=20s\nscript_memory=80M\n', scripts: LARGE_FLOODS },
]
