/** Collects where two scripts differ over the same messages and replies. */
import { fromBytes } from '../../../core/byte-string.js'
import { byRank, type Rank } from '../../../core/rank.js'
import { replyTexts, type Reply } from '../../../core/reply.js'
import type { SenderSettings } from '../../../core/settings/settings.js'
import type { Decided } from '../../rehearsal/rehearsal.js'
import { difference, type Fate, fateOf, type Kind, KINDS, rankIn } from './fate.js'
import type { MessageInput, ReplyInput } from './inputs.js'
import { moved } from './moved.js'

export interface MessageDifference {
  readonly kind: Kind
  readonly source: MessageInput['source']
  readonly message: string
  /** When a journal recorded it. */
  readonly at?: string
  readonly from: string
  readonly to: readonly string[]
  readonly before: Fate
  readonly after: Fate
}

/** Replies of one kind that two scripts rewrite differently. */
export interface ReplyDifference {
  readonly sender: string
  /** Of the first of them. */
  readonly server: string
  readonly command: string
  readonly real: string
  readonly before: string
  readonly after: string
  count: number
}

/** A message that both scripts have the same sender take. */
interface Placed {
  readonly input: MessageInput
  readonly fates: readonly [Fate, Fate]
  readonly ranks: readonly [Rank, Rank]
  readonly kind: Kind | undefined
}

export class Comparison {
  readonly counts: Record<Kind | 'same', number> = { ...zero(KINDS), same: 0 }
  readonly replyCounts = { same: 0, different: 0 }
  readonly #messages: MessageDifference[] = []
  readonly #replies = new Map<string, ReplyDifference>()
  readonly #seen = new Set<string>()
  readonly #placed = new Map<SenderSettings, Placed[]>()

  message(input: MessageInput, before: Decided, after: Decided): void {
    const fates = [fateOf(before), fateOf(after)] as const
    if (this.#isAgain(input, fates)) return
    const kind = difference(...fates)
    const ranks = [rankIn(input.item, before), rankIn(input.item, after)] as const
    const sender = before.taken?.sender
    // What a journal recorded was never in the queue all at once.
    if (sender && ranks[0] && ranks[1] && sender.name === after.taken?.sender.name && input.source !== 'journal') {
      const placed = this.#placed.get(sender) ?? []
      this.#placed.set(sender, placed)
      placed.push({ input, fates, ranks: [ranks[0], ranks[1]], kind })
    } else this.#count(input, fates, kind)
  }

  reply(input: ReplyInput, before: Reply, after: Reply): void {
    const [was, will] = [inOneLine(before), inOneLine(after)]
    if (was === will) {
      this.replyCounts.same++
      return
    }
    this.replyCounts.different++
    const { sender, server, shown } = input
    const real = inOneLine(input.reply)
    const key = JSON.stringify([sender, input.stage, real, was, will])
    const known = this.#replies.get(key)
    if (known) known.count++
    else this.#replies.set(key, { sender, server, command: shown, real, before: was, after: will, count: 1 })
  }

  /** When all messages are in. */
  settle(): void {
    for (const [sender, placed] of this.#placed) this.#order(sender, placed)
    this.#placed.clear()
  }

  get different(): boolean {
    return this.#messages.length > 0 || this.#replies.size > 0
  }

  /** The kinds in their order; within a kind as they came. */
  get messages(): readonly MessageDifference[] {
    return [...this.#messages].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
  }

  /** The most frequent first. */
  get replies(): readonly ReplyDifference[] {
    return [...this.#replies.values()].sort((a, b) => b.count - a.count)
  }

  /** A message that waits is offered again and again: the same of it counts once. */
  #isAgain({ itemKey }: MessageInput, fates: readonly [Fate, Fate]): boolean {
    if (itemKey === undefined) return false
    const key = `${itemKey} ${JSON.stringify(fates)}`
    const again = this.#seen.has(key)
    this.#seen.add(key)
    return again
  }

  #order(sender: SenderSettings, placed: readonly Placed[]): void {
    const compare = byRank(sender.order)
    const [before, after] = ([0, 1] as const).map((which) =>
      [...placed.keys()].sort((a, b) => compare(rankAt(placed, a, which), rankAt(placed, b, which)) || a - b),
    )
    const newPlace = new Map((after ?? []).map((i, place) => [i, place]))
    const order = before ?? []
    const away = new Set([...moved(order.map((i) => newPlace.get(i) ?? 0))].map((at) => order[at]))
    for (const [i, { input, fates, kind }] of placed.entries()) this.#count(input, fates, away.has(i) ? 'moved' : kind)
  }

  #count(
    { source, name, atMs, item }: MessageInput,
    [before, after]: readonly [Fate, Fate],
    kind: Kind | undefined,
  ): void {
    this.counts[kind ?? 'same']++
    if (!kind) return
    this.#messages.push({
      kind,
      source,
      message: name,
      ...(atMs === undefined ? {} : { at: new Date(atMs).toISOString() }),
      from: item.todo.mail_from.address,
      to: item.todo.rcpt_to.map(({ address }) => address),
      before,
      after,
    })
  }
}

function zero<const Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>
}

function rankAt(placed: readonly Placed[], i: number, which: 0 | 1): Rank {
  const rank = placed[i]?.ranks[which]
  if (!rank) throw new Error('every placed message has two ranks')
  return rank
}

function inOneLine(reply: Reply): string {
  return fromBytes(`${reply.code} ${replyTexts(reply).join(' / ')}`)
}
