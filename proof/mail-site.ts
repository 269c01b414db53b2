/**
 * A Haraka of several processes with the plugin, senders of every kind, and unreliable relay servers in a process of
 * their own; and an account of all mail that was handed to it.
 */
import fs from 'node:fs'
import path from 'node:path'

import { onExit } from '../bench/on-exit.js'
import { isFault, readJournal } from '../lib/journal/journal-reader.js'
import { type Account, Ledger } from '../test/accounting/ledger.js'
import { seeQueued } from '../test/accounting/sightings.js'
import { HarakaInstance } from '../test/support/haraka-instance.js'
import type { Census } from './census-plugin.js'
import type { PartResult } from './part.js'
import type { RelayUse } from './relays-setup.js'
import { RelayServers } from './relay-servers.js'
import { JOURNAL, mxPlugin, RELAYS, script, SCRIPTS, secret, SECRETS, settings } from './site-settings.js'

export interface SiteOptions {
  readonly seed: number
  /** How often the relay servers fail, against what test/support/unreliable-relay.ts has. */
  readonly faults: number
}

export interface SiteAccount {
  readonly account: Account
  readonly use: readonly RelayUse[]
  readonly bouncedAgain: number
}

export const NODES = 2

/** It writes into Haraka's folder, where it is started. */
const CENSUS = `Object.assign(exports, require(${JSON.stringify(path.join(__dirname, 'census-plugin.js'))}))`

/** Haraka tries again after five seconds, and takes no shorter time. */
const OUTBOUND = 'temp_fail_intervals=5s*200\n'

const LOG = '[main]\nlevel=notice\ntimestamps=false\nformat=default\n'

export class MailSite {
  readonly haraka: HarakaInstance
  readonly relays: RelayServers
  readonly ledger = new Ledger()
  readonly #gone: () => void

  private constructor(haraka: HarakaInstance, relays: RelayServers) {
    this.haraka = haraka
    this.relays = relays
    this.#gone = onExit(() => {
      haraka.kill('SIGKILL')
      fs.rmSync(haraka.folder, { recursive: true, force: true })
    })
  }

  /** A site for as long as `use` takes. Where something is not as promised, what is left of it is kept and named. */
  static async during(options: SiteOptions, use: (site: MailSite) => Promise<PartResult>): Promise<PartResult> {
    const site = await MailSite.#open(options)
    try {
      const result = await use(site)
      if (result.faults.length > 0) console.error(`Haraka's folder is kept: ${await site.#keep()}`)
      return result
    } finally {
      await site.#remove()
    }
  }

  /** Resolves when all processes listen. */
  static async #open({ seed, faults }: SiteOptions): Promise<MailSite> {
    const relays = await RelayServers.start({ seed, faults, relays: RELAYS })
    const files = [
      ...SCRIPTS.map((name) => [name, script(name)] as const),
      ...SECRETS.map((name) => [name, secret(name)] as const),
    ]
    const haraka = await HarakaInstance.create({
      nodes: NODES,
      ini: settings(relays.ports),
      config: { 'outbound.ini': OUTBOUND, 'log.ini': LOG, ...Object.fromEntries(files) },
      plugins: { census: CENSUS, mx: mxPlugin(relays.ports) },
    })
    const site = new MailSite(haraka, relays)
    await site.start()
    return site
  }

  /** Starts Haraka, again where it was ended. */
  async start(): Promise<void> {
    const from = this.haraka.output.length
    await this.haraka.start()
    await this.haraka.waitForLog(new RegExp(`(worker \\d+ listening[^]*){${NODES}}`), from)
  }

  /** The processes that deliver, those that are just starting too. */
  workers(): number[] {
    const started = this.haraka.output.matchAll(/worker started worker=\d+ pid=(\d+)/g)
    return Array.from(started, ([, pid]) => Number(pid)).filter(isAlive)
  }

  /** What each process wrote down of itself, in the order of time. */
  censuses(): Census[] {
    const files = fs.readdirSync(this.haraka.folder).filter((name) => name.startsWith('census-'))
    const lines = files.flatMap((name) => fs.readFileSync(path.join(this.haraka.folder, name), 'utf8').split('\n'))
    return lines
      .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Census] : []))
      .sort((a, b) => a.atMs - b.atMs)
  }

  /** Lines of the journal that are records, and those that are none. */
  async journal(): Promise<{ records: number; faults: string[] }> {
    let records = 0
    const faults: string[] = []
    for await (const entry of readJournal(path.join(this.haraka.folder, JOURNAL)))
      if (isFault(entry)) faults.push(`line ${entry.line} of ${path.basename(entry.file)}: ${entry.why}`)
      else records++
    return { records, faults }
  }

  /** Resolves when the queue is empty, or nothing more is to be expected; the relay servers are reliable from now on. */
  async drained(longestMs: number, progress: (what: string) => void): Promise<void> {
    this.relays.beReliable()
    const deadline = Date.now() + longestMs
    for (let left = this.haraka.queue().length; left > 0 && Date.now() < deadline; left = this.haraka.queue().length) {
      progress(`${left} messages are still in the queue`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  /**
   * When nothing is under way any more. `whyBouncedAgain`: why the same recipient may have bounced twice, where it may;
   * how many have is told, since none of them can be checked.
   */
  async account(whyBouncedAgain?: string): Promise<SiteAccount> {
    const { sightings, use } = await this.relays.seen()
    const bounces = new Map<string, number>()
    for (const { recipient, fate } of sightings)
      if (fate === 'bounced') bounces.set(recipient, (bounces.get(recipient) ?? 0) + 1)
    const again = (recipient: string): boolean => (bounces.get(recipient) ?? 0) > 1
    for (const sighting of sightings) {
      const doubt = sighting.fate === 'bounced' && again(sighting.recipient) ? whyBouncedAgain : undefined
      this.ledger.sees({ ...sighting, doubt: sighting.doubt ?? doubt })
    }
    seeQueued(this.ledger, this.haraka.queued())
    return { account: this.ledger.account(), use, bouncedAgain: [...bounces.keys()].filter(again).length }
  }

  /** Ends Haraka; its queue, journal and output stay in the folder of that name. */
  async #keep(): Promise<string> {
    await this.haraka.stop()
    const kept = `${this.haraka.folder}-kept`
    fs.renameSync(this.haraka.folder, kept)
    fs.writeFileSync(path.join(kept, 'output'), this.haraka.output)
    return kept
  }

  async #remove(): Promise<void> {
    await this.haraka.remove()
    this.relays.close()
    this.#gone()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
