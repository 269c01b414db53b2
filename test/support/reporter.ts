/**
 * Mocha's spec reporter, closed by one plain line, `N passed, N failed, N skipped`, that any CI can read.
 */
import Mocha from 'mocha'

class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
    })
  }
}

module.exports = Reporter
