/**
 * Many minutes of mixed load on a Haraka of two workers, an edit every second, relay servers that fail: nothing is lost,
 * and neither memory nor handles nor the time that a client waits grow.
 */
import { inWords } from '../test/accounting/ledger.js'
import { randomFrom } from '../test/support/random.js'
import { faultsOf, copiesOf } from './balance.js'
import { afterWarmUp } from './flat.js'
import { Load } from './load.js'
import { MailSite, NODES } from './mail-site.js'
import type { Part } from './part.js'
import { Reloads } from './reloads.js'
import { MAX_CONNECTIONS } from './site-settings.js'
import { held, latency, minuteTable } from './soak-figures.js'
import { SteadyClient } from './steady-client.js'

const PER_SECOND = 25
const FAULTS = 0.5
const DRAIN_MS = 180_000

export const soak: Part = {
  about:
    `Haraka with two workers takes ${PER_SECOND} messages a second, of 200 bytes to 2 MB with 1 to 20 recipients, for ` +
    'senders with and without a relay server, TLS, AUTH, PIPELINING, parts and tags; each relay server fails now and then, ' +
    'in all ways, and each second a script or the settings are edited, every other time to something broken. A steady ' +
    'client hands over a small message ten times a second.',
  run: ({ minutes, seed, progress }) =>
    MailSite.during({ seed, faults: FAULTS }, async (site) => {
      const { haraka, ledger } = site
      const startMs = Date.now()
      const load = new Load({ port: haraka.port, random: randomFrom(seed), ledger, perSecond: PER_SECOND })
      const steady = new SteadyClient(haraka.port)
      const reloads = new Reloads(haraka, site.relays.ports)
      const endMs = startMs + minutes * 60_000
      while (Date.now() < endMs) {
        progress(
          `soak: ${Math.round((endMs - Date.now()) / 1000)} s to go, ${load.taken} messages, ${haraka.queue().length} in the queue`,
        )
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
      await Promise.all([load.stop(), steady.stop()])
      const stoppedMs = Date.now()
      reloads.stop()
      for (const { message, recipient, refused } of steady.handed)
        ledger.handedOver(message, [recipient], refused === undefined)
      const censuses = site.censuses()
      const workers = new Set(censuses.map(({ pid }) => pid)).size
      await site.drained(DRAIN_MS, progress)
      const drainedMs = Date.now()
      const { account, use } = await site.account()
      const journal = await site.journal()

      const span = afterWarmUp(startMs, stoppedMs)
      const measured = [...held(censuses, span), ...latency(steady.handed, span)]
      const refused = [...load.refused, ...steady.handed.flatMap(({ refused: why }) => why ?? [])]
      const seconds = (stoppedMs - startMs) / 1000
      const applied = count(haraka.output, /\[NOTICE\] \[-\] \[relayout\] reload /g)
      const kept = count(haraka.output, /\[ERROR\] \[-\] \[relayout\] reload /g)
      return {
        rows: [
          { what: 'time', figure: `${minutes} minutes` },
          {
            what: 'messages',
            figure: `${load.taken + steady.handed.length}, ${(load.taken / seconds).toFixed(1)} a second and ${(steady.handed.length / seconds).toFixed(1)} of the steady client, ${(load.bytes / 2 ** 20).toFixed(0)} MB`,
          },
          { what: 'account', figure: inWords(account) },
          ...copiesOf(account),
          { what: 'until the queue was empty', figure: `${((drainedMs - stoppedMs) / 1000).toFixed(0)} s` },
          {
            what: 'edits',
            figure: `${reloads.count}; by the two workers ${applied} were taken over and ${kept} refused as broken`,
          },
          {
            what: `connections to one relay server at one time, at most (max_connections is ${MAX_CONNECTIONS} for each worker)`,
            figure: String(Math.max(...use.map(({ maxOpen }) => maxOpen))),
          },
          {
            what: 'transactions over connections',
            figure: use.map(({ name, messages, connections }) => `${name} ${messages} over ${connections}`).join(', '),
          },
          {
            what: 'journal',
            figure: `the last ${journal.records} records, ${journal.faults.length} lines that are none`,
          },
          ...measured.map(({ what, figure }) => ({ what, figure })),
        ],
        table: minuteTable(censuses, steady.handed, { fromMs: startMs, toMs: stoppedMs }),
        faults: [
          ...faultsOf(account),
          ...(workers === NODES ? [] : [`there were ${workers} workers, and not the same ${NODES} all the time`]),
          ...(account.fates.queued > 0
            ? [`${account.fates.queued} recipients are still in the queue ${DRAIN_MS / 1000} s after the load`]
            : []),
          ...(refused.length > 0 ? [`Haraka refused ${refused.length} messages: ${refused[0]}`] : []),
          ...(applied + kept < seconds ? [`only ${applied + kept} edits were noticed in ${seconds.toFixed(0)} s`] : []),
          ...(journal.faults.length > 0 ? [`the journal: ${journal.faults[0]}`] : []),
          ...measured.flatMap(({ what, figure, tooMuch }) => (tooMuch ? [`${what} grew: ${figure}`] : [])),
        ],
      }
    }),
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
