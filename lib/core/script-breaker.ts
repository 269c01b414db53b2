/**
 * Whether a changed script suddenly does far more harm than the one before it (contract 1, `script_breaker`).
 *
 * Of each version the messages are counted that it was asked about, skipped and failed with, and of those that were tried
 * the ones for which it turned a reply of the relay server into a worse one. What makes a share is counted before what
 * it is a share of. A message counts once: one that is skipped again
 * every minute must not outweigh a hundred that were sent. A version is compared with the last one that has done well
 * for long enough; the first version of all has nothing to be compared with.
 */
export type Act = 'asked' | 'skipped' | 'failed' | 'tried' | 'refused'

/** What is compared, and which of how many it is a share of. */
const SHARES = { skipped: 'asked', failed: 'asked', refused: 'tried' } as const
export type Harm = keyof typeof SHARES

export interface BreakerLimits {
  /** Messages that a version must have seen before its shares mean anything. */
  readonly messages: number
  /** Percentage points by which a share may be larger than before. */
  readonly rise: number
}

export interface Rise<Version> {
  readonly harm: Harm
  readonly messages: number
  /** Per cent. */
  readonly share: number
  readonly shareBefore: number
  readonly before: Version
}

/** A version is on trial for this many times `messages`: what comes later is the time of day, not the change. */
const ON_TRIAL = 20
/** After so many messages older ones count half. */
const REMEMBERED = 2_000

export class ScriptBreaker<Version extends { readonly version: string }> {
  readonly #limits: () => BreakerLimits
  #now: Conduct<Version> | undefined
  #before: Conduct<Version> | undefined

  constructor(limits: () => BreakerLimits) {
    this.#limits = limits
  }

  /** Another version is in force from now on. */
  changed(version: Version): void {
    const last = this.#now
    const { messages } = this.#limits()
    if (last && last.total >= messages && (!last.tripped || last.total >= ON_TRIAL * messages)) this.#before = last
    this.#now = new Conduct(version)
  }

  /** The version to go back to comes into force again. */
  rollBack(): void {
    if (this.#before) this.#now = this.#before
    this.#before = undefined
  }

  /**
   * A version has done something with a message for a sender. What has risen too far, once for each harm of a version.
   * `item` stands for the message as long as it is in the queue.
   */
  note(version: string, act: Act, sender: string, item: object): Rise<Version> | undefined {
    const [now, before] = [this.#now, this.#before]
    if (now?.version.version !== version || !now.count(act, sender, item) || !before) return undefined
    const { messages, rise } = this.#limits()
    if (now.total > ON_TRIAL * messages) return undefined
    for (const [harm, of] of Object.entries(SHARES) as [Harm, Act][]) {
      if (now.warned.has(harm) || now.counted(of) < messages || before.counted(of) < messages) continue
      const [share, shareBefore] = [now.share(harm), before.share(harm)]
      if (share - shareBefore < rise) continue
      now.warned.add(harm)
      return { harm, messages: now.counted(of), share, shareBefore, before: before.version }
    }
    return undefined
  }
}

/** What one version has done. */
class Conduct<Version> {
  readonly version: Version
  readonly warned = new Set<Harm>()
  /** Messages it was asked about. */
  total = 0
  readonly #counts = new Map<Act, number>()
  readonly #seen = new Map<string, WeakSet<object>>()

  constructor(version: Version) {
    this.version = version
  }

  get tripped(): boolean {
    return this.warned.size > 0
  }

  counted(act: Act): number {
    return this.#counts.get(act) ?? 0
  }

  /** Per cent. */
  share(harm: Harm): number {
    // Those that are still under way count as harmed and not yet as tried.
    const all = this.counted(SHARES[harm])
    return Math.round((100 * Math.min(this.counted(harm), all)) / all)
  }

  /** False: that was counted before. */
  count(act: Act, sender: string, item: object): boolean {
    if (!this.#isNew(act, sender, item)) return false
    if (act === 'asked') this.total++
    const counted = this.counted(act) + 1
    this.#counts.set(act, counted)
    if (counted > REMEMBERED) for (const [each, count] of this.#counts) this.#counts.set(each, count / 2)
    return true
  }

  #isNew(act: Act, sender: string, item: object): boolean {
    const key = `${act}\n${sender}`
    let seen = this.#seen.get(key)
    if (!seen) this.#seen.set(key, (seen = new WeakSet()))
    if (seen.has(item)) return false
    seen.add(item)
    return true
  }
}
