/**
 * Mocha's spec reporter, closed by one plain line, `N passed, N failed, N skipped`, that any CI can read.
 * With `--reporter-option outcome=FILE` the outcome is in that file, too.
 */
import Mocha from 'mocha'

import { keepOutcome } from '../versions/outcome.js'

class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const { outcome } = (options.reporterOptions ?? {}) as { outcome?: string }
    if (outcome !== undefined) keepOutcome(runner, this.stats, outcome)
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
    })
  }
}

module.exports = Reporter
