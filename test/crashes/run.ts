/** A long run by itself: `node dist/test/crashes/run.js [messages] [kills] [seed]`. */
import { assertBalanced } from '../accounting/ledger.js'
import { crashRun, report } from './crash-run.js'

const [messages = 2_000, kills = 200, seed = 1] = process.argv.slice(2).map(Number)

crashRun({ messages, kills, seed, progress: (line) => console.log(line) })
  .then((run) => {
    console.log(report(run))
    if (run.wrongFates.length > 0) throw new Error(`these bounced, or did not: ${run.wrongFates.join(' ')}`)
    assertBalanced(run.account)
  })
  .catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
