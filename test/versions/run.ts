/**
 * npm run test:versions [-- NODE/HARAKA… | --node 20,22,24 --haraka 3.3.0,newest] [--tests PATTERN]… [--as-built]
 *                       [--at-once N] [--limit MINUTES] [--quick]
 *
 * Runs the tests on pairs of versions of Node and Haraka, each in a copy of the package with what package-lock.json says
 * and that Haraka installed over it, and every process on that Node. Prints a table and the first failures; all that was
 * printed is in build/versions. Exit code 1 when anything failed, 2 when it was called wrongly.
 *
 * --tests names test files (dist/test/core/**), --as-built saves installing and building, --at-once is how many pairs run
 * at one time, --limit what the tests of one pair may take. --quick is a check of a minute: see quick.ts.
 */
import { parseArgs } from 'node:util'

import { isGood, matrixReport } from './matrix-report.js'
import { runPair, type PairResult } from './pair-run.js'
import { copyWorkTree } from './package-copy.js'
import { pairsOf } from './pairs.js'
import { QUICK_PAIRS, QUICK_TESTS } from './quick.js'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      node: { type: 'string', default: '20,22,24' },
      haraka: { type: 'string', default: '3.3.0,newest' },
      tests: { type: 'string', multiple: true, default: [] },
      'as-built': { type: 'boolean', default: false },
      'at-once': { type: 'string' },
      limit: { type: 'string', default: '60' },
      quick: { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  const pairs = pairsOf(quick && positionals.length === 0 ? QUICK_PAIRS : positionals, values.node, values.haraka)
  const tests = quick && values.tests.length === 0 ? QUICK_TESTS : values.tests
  const atOnce = Number(values['at-once'] ?? (quick ? pairs.length : 1))
  const asBuilt = quick || values['as-built']
  const options = { tests, asBuilt, limitMs: Number(values.limit) * 60_000 }

  // One for all, so that the work tree may change meanwhile.
  const original = copyWorkTree({ asBuilt })

  const results: PairResult[] = []
  const waiting = [...pairs.entries()]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [place, pair] = next
      console.error(`Node ${pair.node}, Haraka ${pair.haraka} …`)
      const result = await runPair(pair, original, options)
      results[place] = result
      if (pairs.length > 1) console.error(matrixReport([result]))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  console.log(matrixReport(results))
  if (!results.every(isGood)) process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(2)
})
