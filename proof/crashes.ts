/**
 * Haraka as a whole is ended at random moments of a long run (test/crashes/crash-run.ts): nothing is lost.
 */
import { inWords } from '../test/accounting/ledger.js'
import { crashRun } from '../test/crashes/crash-run.js'
import { faultsOf, copiesOf } from './balance.js'
import type { Part, PartResult } from './part.js'

const MESSAGES = 2_000

export const crashes: Part = {
  about:
    `One Haraka takes ${MESSAGES} messages, delivers them over connections that are used again, in parts, with skips and ` +
    'rewritten replies, and is ended at random moments, mostly by SIGKILL, and started again at once.',
  async run({ kills, seed, progress }): Promise<PartResult> {
    const run = await crashRun({ messages: MESSAGES, kills, seed, progress })
    const { account, inDoubt, wrongFates, seconds } = run
    return {
      rows: [
        {
          what: 'ended by',
          figure: Object.entries(run.kills)
            .map(([signal, times]) => `${signal} ${times} times`)
            .join(', '),
        },
        { what: 'time', figure: `${seconds} s` },
        { what: 'messages whose taking was not answered', figure: String(inDoubt) },
        { what: 'account', figure: inWords(account) },
        ...copiesOf(account),
      ],
      faults: [
        ...faultsOf(account),
        ...(wrongFates.length > 0
          ? [`these bounced, or did not, against what was to be: ${wrongFates.join(' ')}`]
          : []),
      ],
    }
  },
}
