/**
 * Bounces that had to be sent again: a process was ended when the bounce was in the queue, or sent, and the item that it
 * is for not yet up to date. The other order could lose the bounce.
 */
import type { BounceDoubts } from '../accounting/sightings.js'
import { bouncedRecipients } from '../accounting/sightings.js'
import type { QueuedItem } from '../support/haraka-instance.js'
import type { ScriptedRelay } from '../support/scripted-relay.js'

const WHY = 'Haraka was ended between the bounce and the queue file that it is for'

export class BouncesAgain implements BounceDoubts {
  /** How often, by recipient. */
  readonly #times = new Map<string, number>()

  /** After each end of Haraka, before it is started again. */
  look(queue: readonly QueuedItem[], dsns: ScriptedRelay): void {
    const isBounce = ({ mail_from: { original } }: QueuedItem): boolean => original === '<>'
    const waiting = new Set(
      queue
        .filter((item) => !isBounce(item))
        .flatMap((item) => item.rcpt_to.map(({ original }) => original.slice(1, -1))),
    )
    const bounced = [
      ...queue.filter(isBounce).map(({ text }) => text),
      ...dsns.messages.map(({ data }) => data.toString('latin1')),
    ].flatMap(bouncedRecipients)
    for (const recipient of new Set(bounced))
      if (waiting.has(recipient)) this.#times.set(recipient, bounced.filter((one) => one === recipient).length)
  }

  doubt(recipient: string, nth: number): string | undefined {
    return nth < (this.#times.get(recipient) ?? 0) ? WHY : undefined
  }
}
