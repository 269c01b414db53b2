/**
 * An account of mail: what was handed over, and what was seen of each recipient afterwards. When everything has come to
 * rest, each recipient of each message is exactly one of delivered, queued and bounced.
 *
 *   const ledger = new Ledger()
 *   ledger.handedOver('m1', ['a1@example.net', 'b1@example.net'])
 *   ledger.sees({ recipient: 'a1@example.net', message: 'm1', fate: 'delivered', where: 'connection 3' })
 *   assertBalanced(ledger.account())
 *
 * A recipient's address is used in one message only: it stands for its copy of the message. Who sees something also says
 * which message that was, by what is in it (identity.ts), so that a message that went to another's recipient is found.
 *
 * Twice is not always a fault: where a relay server has accepted a message and the one who sent it cannot have read that
 * (the connection was reset, the process killed), it has to be sent again. Such a sighting says so (`doubt`).
 */

export type Fate = 'delivered' | 'queued' | 'bounced'

export interface Sighting {
  readonly recipient: string
  /** By its content; undefined: there is nothing to tell it by. */
  readonly message: string | undefined
  readonly fate: Fate
  /** For people: `connection 3 to 127.0.0.1:2526`, a queue file's name. */
  readonly where: string
  /** Why whoever sent it may not know of it, so that another sighting of the recipient may follow; undefined: it does. */
  readonly doubt?: string | undefined
  /** The content is not that of the message, in these words. */
  readonly damage?: string | undefined
}

export interface Twice {
  readonly recipient: string
  readonly sightings: readonly Sighting[]
  /** Why that had to be: the doubts, one for each sighting too many; undefined: it had not to be. */
  readonly why: string | undefined
}

export interface Account {
  /** Recipients of messages that were taken, and of those that were handed over without an answer and seen since. */
  readonly recipients: number
  /** How many recipients have that fate, each counted once: where there are several sightings, by the last. */
  readonly fates: Readonly<Record<Fate, number>>
  /** Recipients of messages that were taken, of which nothing is seen. */
  readonly lost: readonly string[]
  readonly twice: readonly Twice[]
  /** Sightings of another message than the recipient's own, of a damaged one, or of nobody's recipient. */
  readonly wrong: readonly string[]
}

interface Expected {
  readonly message: string
  /** It was taken: somebody answers for it. */
  taken: boolean
}

export class Ledger {
  readonly #expected = new Map<string, Expected>()
  readonly #sightings = new Map<string, Sighting[]>()

  /** `taken`: false where the one who handed it over got no answer, so that it may be there or not. */
  handedOver(message: string, recipients: readonly string[], taken = true): void {
    for (const recipient of recipients) {
      if (this.#expected.has(recipient)) throw new Error(`${recipient} is the recipient of two messages`)
      this.#expected.set(recipient, { message, taken })
    }
  }

  /** In the order of the events for one recipient, what is in the queue last. */
  sees(sighting: Sighting): void {
    const before = this.#sightings.get(sighting.recipient)
    if (before) before.push(sighting)
    else this.#sightings.set(sighting.recipient, [sighting])
  }

  /** Of one recipient. */
  sightings(recipient: string): readonly Sighting[] {
    return this.#sightings.get(recipient) ?? []
  }

  /** What became of one recipient, once for each sighting. */
  fates(recipient: string): Fate[] {
    return this.sightings(recipient).map(({ fate }) => fate)
  }

  account(): Account {
    const fates = { delivered: 0, queued: 0, bounced: 0 }
    const lost: string[] = []
    const twice: Twice[] = []
    const wrong: string[] = []
    let recipients = 0
    for (const [recipient, { taken }] of this.#expected) {
      const sightings = this.sightings(recipient)
      const last = sightings.at(-1)
      if (last) fates[last.fate]++
      else if (taken) lost.push(recipient)
      if (last || taken) recipients++
      if (sightings.length > 1) twice.push({ recipient, sightings, why: reason(sightings) })
    }
    for (const [recipient, sightings] of this.#sightings)
      for (const { message, where, damage } of sightings) {
        const own = this.#expected.get(recipient)?.message
        if (own === undefined) wrong.push(`${recipient}, nobody's recipient, at ${where}`)
        else if (message !== undefined && message !== own)
          wrong.push(`${recipient} has ${message}, not ${own}: ${where}`)
        if (damage !== undefined) wrong.push(`${recipient}: ${damage}: ${where}`)
      }
    return { recipients, fates, lost, twice, wrong }
  }
}

/** How many copies too many there are, by the reasons why they had to be; `no reason`: a fault. */
export function copiesByReason({ twice }: Account): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { sightings, why } of twice) {
    const doubts = sightings.flatMap(({ doubt }) => (why === undefined || doubt === undefined ? [] : [doubt]))
    for (let copy = 0; copy < sightings.length - 1; copy++) {
      const doubt = doubts[copy] ?? 'no reason'
      counts.set(doubt, (counts.get(doubt) ?? 0) + 1)
    }
  }
  return counts
}

/** All sightings but one are in doubt. */
function reason(sightings: readonly Sighting[]): string | undefined {
  const doubts = sightings.flatMap(({ doubt, where }) => (doubt === undefined ? [] : [`${where}: ${doubt}`]))
  return doubts.length >= sightings.length - 1 ? doubts.slice(0, sightings.length - 1).join('; ') : undefined
}

/** Throws, with the first few of each kind, when something is lost, mixed up, or there twice for no reason. */
export function assertBalanced(account: Account, note = ''): void {
  const { lost, twice, wrong, recipients, fates } = account
  const unexplained = twice
    .filter(({ why }) => why === undefined)
    .map(
      ({ recipient, sightings }) =>
        `${recipient}: ${sightings.map(({ fate, where, doubt }) => `${fate} at ${where}${doubt ? ` (${doubt})` : ''}`).join(', ')}`,
    )
  const sum = fates.delivered + fates.queued + fates.bounced + lost.length
  const faults = [
    ...first('lost', lost),
    ...first('twice, for no reason', unexplained),
    ...first('wrong', wrong),
    ...(sum === recipients ? [] : [`${sum} fates of ${recipients} recipients`]),
  ]
  if (faults.length > 0) throw new Error(`the account does not balance\n${faults.join('\n')}${note && `\n${note}`}`)
}

function first(what: string, all: readonly string[]): string[] {
  if (all.length === 0) return []
  const shown = all.slice(0, 10).map((one) => `  ${one}`)
  return [`${what}: ${all.length}`, ...shown, ...(all.length > 10 ? ['  …'] : [])]
}

/** In one line: `2000 recipients: 1640 delivered, 120 queued, 240 bounced, 3 twice`. */
export function inWords({ recipients, fates, lost, twice, wrong }: Account): string {
  return [
    `${recipients} recipients: ${fates.delivered} delivered`,
    `${fates.queued} queued`,
    `${fates.bounced} bounced`,
    ...(lost.length > 0 ? [`${lost.length} lost`] : []),
    ...(twice.length > 0 ? [`${twice.length} twice`] : []),
    ...(wrong.length > 0 ? [`${wrong.length} wrong`] : []),
  ].join(', ')
}
