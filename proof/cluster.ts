/**
 * Workers of a Haraka are killed while they take mail and deliver it, then Haraka as a whole: nothing is lost.
 */
import { inWords } from '../test/accounting/ledger.js'
import { until } from '../test/support/haraka-instance.js'
import { randomFrom } from '../test/support/random.js'
import { faultsOf, copiesOf } from './balance.js'
import { Load } from './load.js'
import { MailSite } from './mail-site.js'
import type { Part, PartResult } from './part.js'
import { Reloads } from './reloads.js'

export interface ClusterRun {
  readonly messages: number
  /** Of a worker, at random moments. */
  readonly kills: number
  /** Messages, at most; undefined: as fast as Haraka takes them. */
  readonly perSecond?: number
  readonly seed: number
  readonly progress: (what: string) => void
}

/** Between two kills, at most; a worker takes half a second to start. */
const PAUSE_MS = 3_000
const FAULTS = 0.5
const DRAIN_MS = 120_000
const LARGEST_BYTES = 200_000

/** The other order could lose the bounce. */
const KILLED = 'a process was killed between a bounce and the queue file that it is for'

export const cluster: Part = {
  about:
    'Haraka with two workers takes 1,000 messages; meanwhile a worker is killed (SIGKILL) ten times at a random moment, ' +
    "and Haraka's master starts another one; then Haraka as a whole is killed and started again.",
  run: ({ seed, progress }) => runCluster({ messages: 1_000, kills: 10, seed, progress }),
}

export function runCluster({ messages, kills, perSecond = Infinity, seed, progress }: ClusterRun): Promise<PartResult> {
  return MailSite.during({ seed, faults: FAULTS }, async (site) => {
    const { haraka, ledger } = site
    const random = randomFrom(seed)
    const load = new Load({ port: haraka.port, random, ledger, messages, perSecond, largestBytes: LARGEST_BYTES })
    const reloads = new Reloads(haraka, site.relays.ports)
    for (let killed = 0; killed < kills; killed++) {
      await new Promise((resolve) => setTimeout(resolve, random() * PAUSE_MS))
      await until('a worker is there', () => site.workers().length > 0)
      const workers = site.workers()
      process.kill(workers[Math.floor(random() * workers.length)]!, 'SIGKILL')
      progress(`cluster: ${killed + 1} workers killed, ${load.taken} messages taken`)
    }
    await load.ended()
    await haraka.waitForLog(/\[relayout\] reload /)
    const edits = reloads.count
    reloads.stop()
    const waiting = haraka.queue().length
    await haraka.stop()
    await site.start()
    await site.drained(DRAIN_MS, progress)
    const { account, bouncedAgain } = await site.account(KILLED)
    const journal = await site.journal()
    const { queued } = account.fates
    return {
      rows: [
        { what: 'messages taken', figure: String(load.taken) },
        { what: 'messages not acknowledged, whose clients come again', figure: String(load.refused.length) },
        { what: 'workers killed', figure: String(kills) },
        { what: 'edits of scripts and settings meanwhile', figure: String(edits) },
        { what: 'queue files when Haraka as a whole was killed', figure: String(waiting) },
        { what: 'account', figure: inWords(account) },
        ...copiesOf(account),
        { what: 'journal', figure: `${journal.records} records, ${journal.faults.length} lines cut short by a kill` },
      ],
      faults: [
        ...faultsOf(account),
        // Hardly ever is more than one bounce under way when a worker is killed.
        ...(bouncedAgain > 2 * (kills + 1) ? [`${bouncedAgain} recipients bounced again`] : []),
        ...(queued > 0 ? [`${queued} recipients are still in the queue`] : []),
        ...(journal.faults.length > kills + 2 ? [`the journal has more torn lines than kills`] : []),
      ],
    }
  })
}
